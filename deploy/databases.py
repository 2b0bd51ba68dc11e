"""The services' databases from outside: bring them to their newest shape, check their audit.

Both look at all organisations, as the role that owns the tables may (docs/decisions/0031).
"""

from collections.abc import Iterable

from services.chassis import audit, migrations
from services.chassis.audit import ChainReport
from services.chassis.database import Database


async def migrate(urls: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Bring each (service, database address) to its newest shape; says which steps."""
    done = []
    for service, url in urls:
        database = Database(url)
        try:
            waiting = await migrations.pending(database, service)
            await migrations.migrate(database, service)
        finally:
            await database.close()
        done.append((service, waiting))
    return done


async def verify_audit(urls: Iterable[tuple[str, str]]) -> list[tuple[str, ChainReport]]:
    """Is each service's audit log as it was written?"""
    reports = []
    for service, url in urls:
        database = Database(url)
        try:
            async with database.across.reading() as session:
                reports.append((service, await audit.verify(session)))
        finally:
            await database.close()
    return reports
