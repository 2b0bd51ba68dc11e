"""`tio migrate` and `tio verify-audit`: the services' databases, from outside."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from deploy import databases
from deploy.data_folder import SERVICES, DataFolder
from services.chassis.isolation import NotApart
from services.chassis.migrations import NotMigrated

OWNER_FIRST = ("OWNER_DATABASE_URL", "DATABASE_URL")
"""On PostgreSQL only the role that owns the tables may change their shape and look at all rows."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    for name, says, act in (
        ("migrate", "bring the databases to their newest shape", run_migrate),
        ("verify-audit", "check that no audit log was changed, cut or reordered", run_verify_audit),
    ):
        parser = commands.add_parser(name, help=says)
        parser.add_argument("service", nargs="*", choices=(*SERVICES, []), help="default: all")
        parser.add_argument(
            "--data", type=Path, help="data folder of `tio up`; else the environment"
        )
        parser.set_defaults(run=act)


def run_migrate(arguments: argparse.Namespace) -> int:
    """Bring the databases to their newest shape, and say which migrations each one got."""
    try:
        done = asyncio.run(databases.migrate(_addresses(arguments)))
    except DBAPIError as error:
        return cannot_be_used(error)
    except (NotApart, NotMigrated) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    for service, steps in done:
        print(f"{service}: {', '.join(steps) if steps else 'is at its newest shape'}")
    return 0


def run_verify_audit(arguments: argparse.Namespace) -> int:
    """Check every audit log; 1 when one is not as it was written."""
    try:
        reports = asyncio.run(databases.verify_audit(_addresses(arguments)))
    except DBAPIError:
        sys.stderr.write("there is an audit log that cannot be read; was `tio migrate` run?\n")
        return 2
    for service, report in reports:
        verdict = "intact" if report.intact else f"BROKEN at {report.broken_at}: {report.because}"
        print(f"{service}: {report.entries} entries, {verdict}")
    return 0 if all(report.intact for _, report in reports) else 1


def _addresses(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    services = arguments.service or SERVICES
    if arguments.data:
        folder = DataFolder(arguments.data)
        if not arguments.data.is_dir():
            sys.stderr.write(f"{arguments.data} is no folder\n")
            raise SystemExit(2)
        return [(service, folder.database_url(service)) for service in services]
    addresses = []
    for service in services:
        address = address_of(service)
        if not address:
            sys.stderr.write(f"{not_said(service)}; or name a data folder with --data\n")
            raise SystemExit(2)
        addresses.append((service, address))
    return addresses


def address_of(service: str) -> str | None:
    """Where the environment says that this service remembers, for who may see all of it."""
    owner, variable = (f"TIO_{service.upper()}_{name}" for name in OWNER_FIRST)
    return _said(owner) or _said(variable)


def not_said(service: str) -> str:
    """What is missing when it does not say it."""
    return "neither " + " nor ".join(f"TIO_{service.upper()}_{n}" for n in OWNER_FIRST) + " is set"


def cannot_be_used(error: DBAPIError) -> int:
    """Say it by its kind only: its words may hold what was stored, or an address."""
    kind = type(error.orig or error).__name__
    sys.stderr.write(f"a database cannot be used: {kind}; is it there, was `tio migrate` run?\n")
    return 2


def _said(variable: str) -> str | None:
    """What the environment says, or the file that it names."""
    if file := os.environ.get(f"{variable}_FILE"):
        try:
            return Path(file).read_text().strip()
        except OSError as error:
            sys.stderr.write(f"{variable}_FILE cannot be read: {error.strerror}\n")
            raise SystemExit(2) from None
    return os.environ.get(variable)
