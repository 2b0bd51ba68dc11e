"""`tio knowledge …`, typed for real beside a copy of the tables that may be changed."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from deploy.data_folder import DataFolder
from knowledge.edition import KNOWLEDGE_VERSION
from services.assessment.app import create_app
from services.assessment.contract import EvaluateRequest
from services.assessment.settings import AssessmentSettings
from services.chassis.settings import read_settings
from tests.knowledge.editions import with_another_kainos_cut
from tests.services.assessment.a_site import a_kainos_cut, some_settings
from tests.services.assessment.conftest import EVERYTHING, client_with
from tests.services.assessment.vectors import body_of, vectors

ROOT = Path(__file__).parents[2]
FGF23 = "rules/fgf23.toml"
CUT = "fgf23.KAINOS_ELISA"
TWO = ("--by", "endocrinology AB", "--by", "nephrology CD")

Typed = subprocess.CompletedProcess[str]


class Place:
    """A folder in which `knowledge/` is ours to change, and `tio knowledge` typed there."""

    def __init__(self, folder: Path, like: Path = ROOT / "knowledge") -> None:
        self.folder = folder
        self.tables = folder / "knowledge"
        unwritten = shutil.ignore_patterns("__pycache__", "*.zip")
        shutil.copytree(like, self.tables, ignore=unwritten)

    def tio(self, *arguments: str) -> Typed:
        """What is answered to `tio knowledge …`."""
        return self._typed("knowledge", *arguments)

    def answer(self, verb: str, request: dict[str, Any]) -> Any:
        """What `tio assess` and its like answer here."""
        done = self._typed(verb, standard_input=json.dumps(request))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _typed(self, *arguments: str, standard_input: str = "") -> Typed:
        return subprocess.run(
            [sys.executable, "-m", "tio", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}"},
            input=standard_input,
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """The same for a program."""
        done = self.tio(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def move_the_cut(self) -> None:
        """Let FGF23 by Kainos count as raised from 40 instead of 30."""
        (self.tables / FGF23).write_bytes(with_another_kainos_cut().tables[FGF23])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables that nobody has released, signed or approved, whose answers are recorded."""
    place = Place(tmp_path_factory.mktemp("recorded"))
    for said in ("sign_off.toml", "retracted.toml"):
        (place.tables / said).write_text("")
    assert place.tio("approve", "--record").returncode == 0
    return place.tables


@pytest.fixture
def place(recorded: Path, tmp_path: Path) -> Place:
    """The same, to be changed."""
    return Place(tmp_path / "place", recorded)


@pytest.fixture
def another_cut(tmp_path: Path) -> str:
    """A folder with the tables, in which one cut is another."""
    other = Place(tmp_path / "other")
    other.move_the_cut()
    return str(other.tables)


def with_fgf23(value: float) -> dict[str, Any]:
    """The typical patient of the specification, with this FGF23."""
    case = next(case for case in vectors() if case["id"] == "DC1")
    return body_of({**case, "serum": {**case["serum"], "s_fgf23_i": value}})


def test_sound_tables_under_work_are_said_to_be_unreleased_and_unsigned(place: Place) -> None:
    done = place.tio("check")

    assert done.returncode == 0, done.stderr
    assert "released: not yet" in done.stdout
    assert "signed off by two people: 0 of" in done.stdout
    assert "awaiting clinical approval" in done.stdout


def test_a_released_edition_can_be_read_when_the_tables_have_moved_on(place: Place) -> None:
    name = KNOWLEDGE_VERSION.split("+")[0]
    assert place.tio("release", "another name").returncode == 2
    assert place.tio("release", name).returncode == 0
    assert "as it stands" in place.tio("check").stdout
    place.move_the_cut()

    assert [row["id"] for row in place.json("diff", name, "current")["changes"]] == [CUT]
    assert place.json("diff", KNOWLEDGE_VERSION, "current") == place.json("diff", name, "current")


def test_a_change_after_the_release_needs_the_name_of_the_next_edition(place: Place) -> None:
    name = KNOWLEDGE_VERSION.split("+")[0]
    place.tio("release", name)
    place.move_the_cut()
    place.tio("approve", "--record")

    refused = place.tio("check")
    assert refused.returncode == 1
    assert f"{KNOWLEDGE_VERSION} is released and these tables differ" in refused.stderr
    assert place.tio("release", name).returncode == 1

    (place.tables / "edition.toml").write_text('name = "next"\n')
    assert place.tio("check").returncode == 0
    assert place.tio("release", "next").returncode == 0
    assert [row["id"] for row in place.json("diff", name, "next")["changes"]] == [CUT]


def test_editions_that_do_not_differ_are_said_not_to(place: Place) -> None:
    done = place.tio("diff", "current", "current")

    assert (done.returncode, "no row differs" in done.stdout) == (0, True)
    assert place.tio("diff", "current", "no such").returncode == 2


def test_the_impact_of_another_cut_is_who_lies_between_and_the_row_that_did_it(
    place: Place, another_cut: str, tmp_path: Path
) -> None:
    requests = tmp_path / "requests.ndjson"
    values = (29, 30, 35, 40, 130)
    lines = [json.dumps(with_fgf23(value)) for value in values]
    requests.write_text("\n".join([*lines, "not a request"]))

    found = place.json("impact", "current", another_cut, "--requests", str(requests))

    assert [one["id"] for one in found["concerned"]] == ["line 2", "line 3"]
    assert found["unreadable"] == ["line 6"]
    assert found["classes"] == {"TIO_PROBABLE -> TIO_POSSIBLE": 2}
    for one in found["concerned"]:
        assert one["because"] == [CUT]
        was, would_be = one["changes"]["rules"]
        assert "F-01" in was
        assert "F-01" not in would_be


def test_a_place_without_decisions_is_not_taken_for_one_without_impact(
    place: Place, tmp_path: Path
) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.db'}"

    for where in (("--data", str(tmp_path)), ("--database", empty), ("--database", "nonsense")):
        assert place.tio("impact", "current", "current", *where).returncode == 2


def test_without_data_the_impact_is_on_the_reference_cases(place: Place) -> None:
    answered = place.json("impact", "current", "current")

    assert answered["decisions"] >= 37
    assert answered["concerned"] == []
    assert answered["unreadable"] == []


def test_an_edition_that_todays_rules_cannot_read_is_refused_with_the_row_they_miss(
    place: Place, tmp_path: Path
) -> None:
    old = Place(tmp_path / "old")
    table = old.tables / "rules" / "renal_phosphate.toml"
    table.write_text(table.read_text().replace("values.factor_a", "values.another_name"))

    done = place.tio("impact", str(old.tables), "current")

    assert done.returncode == 1
    assert "it has no row renal_phosphate.factor_a, which the rules ask for" in done.stderr


def test_signing_is_shown_and_the_same_person_does_not_count_twice(place: Place) -> None:
    for who in ("endocrinology AB", "Endocrinology  A.B."):
        assert place.tio("sign", CUT, "--by", who).returncode == 0
    assert "1 of 2: not signed off" in place.tio("show", CUT).stdout
    assert CUT in place.tio("list", "--unsigned", "--table", "fgf23").stdout

    assert f"{CUT}: signed off" in place.tio("sign", CUT, "--by", "nephrology CD").stdout
    assert "signed off by two people: 1 of" in place.tio("check").stdout
    assert f"\n{CUT} " not in place.tio("list", "--unsigned", "--table", "fgf23").stdout

    place.move_the_cut()
    shown = place.tio("show", CUT).stdout
    assert "signed by nobody" in shown
    assert "before it was changed by endocrinology AB" in shown


def test_a_signature_changes_no_edition_and_nobody_signs_without_a_name(place: Place) -> None:
    place.tio("sign", "F-01", "--by", "endocrinology AB")

    assert place.tio("check").stdout.startswith(KNOWLEDGE_VERSION)
    assert place.tio("sign", "F-01", "--by", " - ").returncode == 2
    assert place.tio("sign", "no-such-row", "--by", "endocrinology AB").returncode == 2


def test_a_signed_rule_is_shown_as_signed_in_the_answer(place: Place) -> None:
    whole_table = [line.split()[0] for line in place.tio("list", "--unsigned").stdout.splitlines()]
    of_fgf23 = [id for id in whole_table if id.startswith(("fgf23.", "F-"))]
    for who in TWO[1::2]:
        assert place.tio("sign", *of_fgf23, "--by", who).returncode == 0

    answer = place.answer("assess", with_fgf23(130))

    signed = {rule["id"]: rule["signed_off"] for rule in answer["fired_rules"]}
    assert signed["F-01"]
    assert not signed["H-01"]


def test_an_answer_that_changes_is_refused_until_it_is_approved_again(place: Place) -> None:
    assert place.tio("approve", *TWO).returncode == 0
    assert "approved by endocrinology AB and nephrology CD" in place.tio("check").stdout
    vectors_file = place.tables / "reference_cases" / "decision_vectors.toml"
    vectors_file.write_text(vectors_file.read_text().replace("s_fgf23_i = 130", "s_fgf23_i = 35"))
    assert place.tio("approve", *TWO).returncode == 0

    place.move_the_cut()
    refused = place.tio("check")

    assert refused.returncode == 1
    assert "reference case DC1 is answered otherwise: class TIO_PROBABLE -> TIO_POSSIBLE" in (
        refused.stderr
    )
    assert "must be re-approved: tio knowledge approve --by A --by B" in refused.stderr
    assert place.tio("release", KNOWLEDGE_VERSION.split("+")[0]).returncode == 1

    assert place.tio("approve", "--record").returncode == 0
    assert "awaiting clinical approval" in place.tio("check").stdout, "no approval is left over"


def test_one_person_does_not_approve(place: Place) -> None:
    before = (place.tables / "reference_cases" / "approved.toml").read_text()

    assert place.tio("approve", "--by", "AB", "--by", "a. b.").returncode == 2
    assert (place.tables / "reference_cases" / "approved.toml").read_text() == before


@pytest.fixture
async def data(tmp_path: Path) -> tuple[Path, dict[float, UUID]]:
    """A data folder in which decisions of two organisations are stored, by their FGF23.

    The second, `south`, has one decision and a cut of its own.
    """
    folder = DataFolder(tmp_path / "data")
    folder.path.mkdir()
    app = create_app(
        read_settings(AssessmentSettings, "TIO_ASSESSMENT", folder.environ("assessment", {}))
    )
    ids = {value: uuid4() for value in (29.0, 35.0, 130.0)}
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://assessment") as http,
    ):
        client = client_with(http, folder.mint(), (*EVERYTHING, "system/Organization.ru"))
        for value, id in ids.items():
            body = with_fgf23(value)
            body["patient"]["id"] = f"patient with {value}"
            await client.record_assessment("north", id, EvaluateRequest.model_validate(body))
        own = some_settings(cut_offs=[a_kainos_cut(24, 32)])
        await client.sign_site_settings("south", own)
        request = EvaluateRequest.model_validate(with_fgf23(35))
        await client.record_assessment("south", ids[35.0], request)
    return folder.path, ids


async def test_the_impact_on_stored_decisions_names_them_and_nobodys_patient(
    place: Place, another_cut: str, data: tuple[Path, dict[float, UUID]]
) -> None:
    folder, ids = data

    found = place.json("impact", "current", another_cut, "--data", str(folder))

    assert found["decisions"] == 4
    # The same FGF23 in the south is judged by the cut of the south, which no edition moves.
    assert [(one["organisation"], one["id"]) for one in found["concerned"]] == [
        ("north", str(ids[35.0]))
    ]
    assert "patient with" not in json.dumps(found)


async def test_whom_a_retracted_edition_judged_is_listed_with_what_holds_now(
    place: Place, data: tuple[Path, dict[float, UUID]]
) -> None:
    folder, ids = data
    assert place.tio("retract", KNOWLEDGE_VERSION, "--reason", "the cut was 40").returncode == 0
    refused = place.tio("check")
    assert refused.returncode == 1
    assert f"{KNOWLEDGE_VERSION} is retracted: the cut was 40" in refused.stderr
    place.move_the_cut()
    assert place.tio("check").returncode == 0, "the next edition is not the retracted one"

    found = place.json("judged-by", KNOWLEDGE_VERSION, "--data", str(folder))
    judged = {one["id"]: one for one in found if one["organisation"] == "north"}

    assert judged.keys() == {str(id) for id in ids.values()}
    moved = judged[str(ids[35.0])]
    assert (moved["tio_class"], moved["now"]) == ("TIO_PROBABLE", "TIO_POSSIBLE")
    assert moved["differs"]
    assert moved["since"] == "nothing was concluded since"
    assert not judged[str(ids[130.0])]["differs"]
    [elsewhere] = [one for one in found if one["organisation"] == "south"]
    assert (elsewhere["now"], elsewhere["differs"]) == ("TIO_PROBABLE", False)
    unheard_of = place.tio("judged-by", "1999.01", "--data", str(folder))
    assert (unheard_of.returncode, unheard_of.stdout) == (2, "")
    assert "1999.01 is no edition; known are" in unheard_of.stderr
    retracted = (place.tables / "retracted.toml").read_text()
    (day,) = re.findall(r"^on = (\S+)$", retracted, re.MULTILINE)
    typed = date.today() - date.fromisoformat(day)  # noqa: DTZ011 - by the clock on the wall
    assert typed in (timedelta(0), timedelta(1)), "midnight may have passed since"


@pytest.mark.parametrize("version", ["1999.01", "2026.11+0000000000000000"])
def test_an_edition_that_nobody_heard_of_is_not_retracted(place: Place, version: str) -> None:
    refused = place.tio("retract", version, "--reason", "the cut was 40")

    assert refused.returncode == 2
    assert f"{version} is no edition" in refused.stderr
    assert version not in (place.tables / "retracted.toml").read_text()


@pytest.mark.parametrize("verb", ["assess", "localize", "follow-up"])
def test_every_answer_of_a_retracted_edition_says_so_first(place: Place, verb: str) -> None:
    place.tio("retract", KNOWLEDGE_VERSION, "--reason", "the cut was 40")
    asked = with_fgf23(35) if verb == "assess" else {"as_of": "2026-03-02T09:00:00Z"}

    answer = place.answer(verb, asked)

    [first, *_] = answer["caveats"]
    assert first["code"] == "edition_retracted"
    assert "the cut was 40" in first["text"]
