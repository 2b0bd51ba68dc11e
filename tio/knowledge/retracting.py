"""`tio knowledge retract VERSION` and `judged-by VERSION`: whom did a bad edition judge?"""

import argparse
import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from knowledge import retracted
from knowledge.archive import released
from knowledge.edition import KNOWLEDGE_VERSION
from tio.knowledge import stored
from tio.knowledge.saying import DONE, HOME, WRONG, append, complain

if TYPE_CHECKING:
    from services.assessment.look_back import Decision


@dataclass(frozen=True, slots=True)
class Judged:
    """One decision of that edition, what it would be now, and what was done since."""

    organisation: str
    id: str
    record: str | None
    as_of: str
    concluded_at: str
    version: str
    tio_class: str
    now: str
    differs: bool
    since: str


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say what can be typed."""
    retracting = verbs.add_parser("retract", help="an edition must not be relied on any more")
    retracting.add_argument("version", help="NAME+fingerprint, or NAME for all that were called so")
    retracting.add_argument("--reason", required=True, help="what is wrong with it, in a sentence")
    retracting.set_defaults(run=run_retract)
    judged = verbs.add_parser("judged-by", help="every stored decision drawn by an edition")
    judged.add_argument("version", help="NAME+fingerprint, or NAME for all that were called so")
    stored.add_sources(judged, also_requests=False)
    judged.add_argument("--json", action="store_true", help="the same for a program")
    judged.set_defaults(run=run_judged_by)


def run_retract(arguments: argparse.Namespace) -> int:
    """Write the retraction down; what is running says so from its next start on."""
    version, reason = arguments.version, " ".join(arguments.reason.split())
    if not reason:
        return complain(WRONG, "--reason says what is wrong with the edition")
    if retracted.reason_against(version) is not None:
        print(f"{version} was retracted before")
        return DONE
    known = _known()
    if version not in known:
        return complain(WRONG, _unheard_of(version, known))
    today = date.today()  # noqa: DTZ011 - the day on the calendar of who retracts
    row = {"version": version, "on": today, "reason": reason}
    append(HOME / retracted.BESIDE, "retracted", [row])
    print(f"{version} is retracted; whom it judged: tio knowledge judged-by {version} --data DIR")
    return DONE


def _known() -> set[str]:
    """Every edition that is current, was released or was retracted, by version and by name."""
    versions = {KNOWLEDGE_VERSION, *(edition.version for edition in released())}
    versions |= {one.version for one in retracted.RETRACTED}
    return versions | {one.split("+")[0] for one in versions}


def _unheard_of(version: str, known: set[str]) -> str:
    return f"{version} is no edition; known are {', '.join(sorted(known))}"


def run_judged_by(arguments: argparse.Namespace) -> int:
    """Every decision of that edition, what is concluded for it now, and what was done since."""
    url = stored.database_url(arguments)
    if url is None:
        return complain(WRONG, "--data or --database says where the decisions are stored")
    meant = retracted.Retraction(arguments.version, date.min, "")
    found = _judged(url, meant)
    if not found and arguments.version not in (known := _known()):
        # What ran elsewhere need not be known here, as long as it has judged somebody.
        return complain(WRONG, _unheard_of(arguments.version, known))
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return DONE
    for one in found:
        record = f" record {one.record}" if one.record else ""
        now = f"now {one.now}" if one.differs else "the same now"
        print(f"{one.organisation} {one.id}{record} as of {one.as_of}")
        print(f"    {one.tio_class} by {one.version}, {now}; {one.since}")
    open_still = sum(one.differs and one.since == NOTHING for one in found)
    classes = Counter(one.tio_class for one in found)
    counts = ", ".join(f"{count} {name}" for name, count in classes.most_common()) or "none"
    print(f"{len(found)} decisions of {arguments.version} ({counts});")
    print(f"{open_still} would be different under {KNOWLEDGE_VERSION} with nothing done since")
    return DONE


NOTHING = "nothing was concluded since"


def _judged(url: str, meant: retracted.Retraction) -> list[Judged]:
    from knowledge.rules.site_settings import site_of
    from services.assessment.assess import assess
    from services.assessment.contract import EvaluateRequest

    found = []
    for one in stored.decisions_in(url):
        drawn = one.drawn
        if not meant.concerns(drawn.knowledge_version):
            continue
        site = None if one.site is None else site_of(one.answer["site"]["version"], one.site)
        now = assess(EvaluateRequest.model_validate(one.request), site=site)
        found.append(
            Judged(
                drawn.organisation,
                str(drawn.id),
                str(drawn.record) if drawn.record else None,
                drawn.as_of.isoformat(),
                drawn.concluded_at.isoformat(),
                drawn.knowledge_version,
                drawn.tio_class,
                now.tio_class,
                _differs(one.answer, now),
                _since(one, meant),
            )
        )
    return found


def _differs(stored_answer: dict[str, Any], now: Any) -> bool:
    return bool(
        (stored_answer["class"], stored_answer["mechanism"], stored_answer["urgent"])
        != (now.tio_class, now.mechanism, now.urgent)
    )


def _since(one: "Decision", meant: retracted.Retraction) -> str:
    """What was concluded about the same person later, by an edition that is not this one?"""
    later = [drawn for drawn in one.later if not meant.concerns(drawn.knowledge_version)]
    if not later:
        return NOTHING
    after = next((drawn for drawn in later if drawn.supersedes == one.drawn.id), later[-1])
    how = "superseded by" if after.supersedes == one.drawn.id else "concluded again in"
    return f"{how} {after.id}: {after.tio_class} by {after.knowledge_version}"
