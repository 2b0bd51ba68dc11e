"""A system is copied while it works, lost, and goes on from the copies, also from unequal ones."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from deploy.backup import MANIFEST
from tests.journeys.conftest import Ward, a_ward
from tests.journeys.system import System, a_system, eventually
from tests.postgres import looks_into_files
from tio.__main__ import main

pytestmark = looks_into_files

DAY = "2026-01-05T08:00:00+01:00"
WORDS = "a passphrase that nobody guesses"


class Lost(NamedTuple):
    """A system that is gone: what is left of it, and what it had done."""

    ward: Ward
    first: Path
    second: Path
    passphrase: Path
    erasures: Path
    known: str
    """A journey that is in both backups, and went on between them."""

    erased: str
    """A journey whose person was forgotten between the two."""

    began_later: str
    heard: str
    """The event that the known journey heard between the two."""

    sent_before_first: set[str]
    sent_before_second: set[str]


def a_journey(system: System) -> str:
    """Somebody with a low phosphate, concluded upon."""
    journey = f"/coordination/v1/journeys/{uuid4()}"
    start = {"patient": {"id": f"MRN-{uuid4()}", "age_years": 50}}
    assert system.send("PUT", journey, start).status_code in (200, 201)
    tell(system, journey)
    return journey


def tell(system: System, journey: str) -> str:
    """One more result; its event, once the journey has taken it in."""
    low = {"id": f"o-{uuid4()}", "analyte": "s_phos", "value": 0.4, "unit": "mmol/L"}
    event = {"id": str(uuid4()), "kind": "observations", "occurred_at": DAY}
    payload = {"observations": [low | {"taken_at": DAY}]}
    told = system.send("POST", f"{journey}/events", event | {"payload": payload})
    assert told.status_code == 202, told.text
    eventually(lambda: settled(system, journey), "it was taken in")
    return str(event["id"])


def settled(system: System, journey: str) -> dict[str, Any] | None:
    """The journey, once it has read everything and concluded."""
    told: dict[str, Any] = system.get(journey)
    return told if told["state"] is not None and not told["events_waiting"] else None


def live(system: System, journey: str, days: int) -> None:
    """Let time pass for this journey, and its reminders arrive."""
    moved = system.send("POST", f"{journey}/fast-forward", {"days": days})
    assert moved.status_code == 200, moved.text

    def all_delivered() -> bool | None:
        page = system.get(f"{journey}/reminders?limit=500")["reminders"]
        sent = [one for one in page if one["status"] != "overtaken"]
        waiting = [d for one in sent for d in one["deliveries"] if d["status"] == "waiting"]
        return bool(sent and not waiting) or None

    eventually(all_delivered, "its reminders arrived")


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    """Two backups, a day's work between them, and then the power fails."""
    folder = tmp_path_factory.mktemp("machine")
    passphrase = folder / "passphrase"
    passphrase.write_text(WORDS)
    first, second = folder / "first", folder / "second"
    with a_ward(folder / "data", with_mail=False) as ward:
        system = ward.system
        backup = ["backup", "--data", str(system.data), "--passphrase-file", str(passphrase)]
        known, erased = a_journey(system), a_journey(system)
        live(system, known, 20)
        before_first = {id for id, _ in ward.webhooks.accepted}
        assert main([*backup, str(first)]) == 0

        live(system, known, 40)
        heard = tell(system, known)
        withdrawal = {"id": str(uuid4()), "kind": "withdrawal", "occurred_at": DAY}
        gone = system.send("POST", f"{erased}/events", withdrawal | {"payload": {"erase": True}})
        assert gone.status_code == 202, gone.text
        eventually(lambda: system.get(f"{erased}/erasure")["done_at"], "forgotten")
        began_later = a_journey(system)
        assert main([*backup, str(second)]) == 0
        before_second = {id for id, _ in ward.webhooks.accepted}
        assert before_first, "something was said before either"
        assert before_second - before_first, "and between the two"
        system.kill()
        yield Lost(
            ward,
            first,
            second,
            passphrase,
            system.data / "erasures.jsonl",
            known,
            erased,
            began_later,
            heard,
            before_first,
            before_second,
        )


def restored(lost: Lost, backup: Path, into: Path, *more: str) -> int:
    """What `tio restore` answers."""
    command = ["restore", str(backup), "--data", str(into)]
    return main([*command, "--passphrase-file", str(lost.passphrase), *more])


def reconciled(system: System, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What `tio journeys reconcile` says of each journey, by its address."""
    capsys.readouterr()
    command = ["journeys", "reconcile", "--data", str(system.data), "--url", system.url]
    assert main(command) == 0
    said = capsys.readouterr().out
    return {
        f"/coordination/v1/journeys/{journey}": rest.strip()
        for journey, _, rest in (line.partition("  ") for line in said.splitlines())
    } | {"all": said}


def test_what_is_restored_is_whole_or_nothing_is(
    lost: Lost, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "something").touch()
    assert restored(lost, lost.first, occupied) == 1
    assert "is not empty" in capsys.readouterr().err
    assert main(["backup", "--data", str(occupied), "--without-keys", str(lost.first)]) == 1

    def broken(name: str, change: Any) -> str:
        copy = tmp_path / f"broken-{name}"
        shutil.copytree(lost.first, copy)
        change(copy)
        into = tmp_path / f"from-{name}"
        assert restored(lost, copy, into) == 1
        assert not into.exists()
        return capsys.readouterr().err

    def flip(copy: Path) -> None:
        held = bytearray((copy / "assessment.db").read_bytes())
        held[len(held) // 2] ^= 1
        (copy / "assessment.db").write_bytes(held)

    def say_newer(copy: Path) -> None:
        manifest = json.loads((copy / MANIFEST).read_text())
        (copy / MANIFEST).write_text(json.dumps(manifest | {"format": 99, "version": "9.9"}))

    assert "assessment.db is not as it was" in broken("flipped", flip)
    assert "missing" in broken("cut", lambda copy: (copy / "temporal.db").unlink())
    assert "9.9, a newer one" in broken("newer", say_newer)
    command = ["restore", str(lost.first), "--data", str(tmp_path / "none")]
    assert main(command) == 1
    assert "passphrase is needed" in capsys.readouterr().err
    wrong = tmp_path / "wrong"
    wrong.write_text("another")
    assert main([*command, "--passphrase-file", str(wrong)]) == 1
    assert "do not open" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()

    held = b"".join(path.read_bytes() for path in lost.first.iterdir())
    for secret in ("payload-keys.json", "signing-key.json", "api-token"):
        assert not (lost.first / secret).exists()
        assert (lost.ward.system.data / secret).read_bytes() not in held


def test_records_older_than_the_engine_end_what_nobody_has_written_down_and_name_it(
    lost: Lost, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "older"
    assert restored(lost, lost.first, data, "--erasures", str(lost.erasures)) == 0
    assert "1 repeated" in capsys.readouterr().out
    shutil.copyfile(lost.second / "temporal.db", data / "temporal.db")
    received = len(lost.ward.webhooks.accepted)
    with a_system(data) as system:
        found = reconciled(system, capsys)
        assert found[lost.known].startswith("ahead: told again")
        assert f"event {lost.heard} was heard and is in no record" in found["all"]
        assert found[lost.began_later] == "unknown: run ended"
        eventually(lambda: system.get(f"{lost.erased}/erasure")["done_at"], "forgotten again")
        gone = system.get(lost.erased)
        assert (gone["phase"], gone["state"]) == ("closed", None)

        eventually(lambda: settled(system, lost.known), "it stands where its record stood")
        tell(system, lost.known)
        live(system, lost.known, 60)
        again = [id for id, _ in lost.ward.webhooks.accepted[received:]]
        assert not lost.sent_before_first & set(again), "what the record knows is not said again"
        owed = {
            id
            for id, message in lost.ward.webhooks.accepted[:received]
            if lost.known.endswith(message["data"]["journey"]) and id in lost.sent_before_second
        }
        owed -= lost.sent_before_first
        assert owed, "something was said between the two"
        assert set(again) >= owed
        assert len(again) == len(set(again)), "and the rest once more, under its own id"
        assert lost.known not in reconciled(system, capsys)


def test_an_engine_older_than_the_records_is_told_what_it_has_lost(
    lost: Lost, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, disk = tmp_path / "newer", tmp_path / "disk"
    disk.mkdir()
    data.symlink_to(disk)
    assert restored(lost, lost.second, data) == 0
    assert "No list of erasures was given" in capsys.readouterr().out
    shutil.copyfile(lost.first / "temporal.db", data / "temporal.db")
    received = len(lost.ward.webhooks.accepted)
    with a_system(data) as system:
        found = reconciled(system, capsys)
        assert lost.erased in found, "its run goes on in the older engine, and is ended"
        for journey in (lost.known, lost.began_later):
            tell(system, journey)
        live(system, lost.known, 60)
        again = [id for id, _ in lost.ward.webhooks.accepted[received:]]
        assert not lost.sent_before_second & set(again), "nothing is said twice"
        assert len(again) == len(set(again))
        assert lost.known not in reconciled(system, capsys)
