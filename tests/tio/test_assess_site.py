"""`tio assess --site`, typed for real."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.services.assessment.a_site import a_phosphate, an_interval
from tests.tio.test_assess import tio

REQUEST = json.dumps(
    {
        "patient": {"sex": "female", "age_years": 46},
        "as_of": "2026-03-02T09:00:00Z",
        "observations": [a_phosphate(0.82)],
    }
)
AS_TOML = """
profile = "CN_adult"
preferred_units = { s_phos = "mg/dL" }

[[intervals]]
analyte = "s_phos"
sex = "any"
age_from = 18
age_below = 120
low = 0.85
high = 1.50
unit = "mmol/L"
effective = 2025-01-01
source = "Own study, 2024"
read_status = "full_text"
"""


def answered(file: Path) -> dict[str, Any]:
    done = tio("assess", "--site", str(file), standard_input=REQUEST)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_sites_settings_count_from_toml_and_from_json(tmp_path: Path) -> None:
    toml, as_json = tmp_path / "site.toml", tmp_path / "site.json"
    toml.write_text(AS_TOML)
    as_json.write_text(json.dumps({"intervals": [an_interval(low=0.85, high=1.5)]}))

    from_toml, from_json = answered(toml), answered(as_json)

    for answer in (from_toml, from_json):
        assert answer["interpretations"][0]["interpretation"] == "low"
        assert answer["interpretations"][0]["range_from"] == "site"
        assert answer["site"]["version"] == 0
        assert "site/0/intervals/0" in answer["site"]["used"]
    assert from_toml["interpretations"][0]["converted"]["unit"] == "mg/dL"


def test_every_line_is_read_by_the_site(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(AS_TOML)

    done = tio(
        "assess", "--ndjson", "--site", str(file), standard_input=f"{REQUEST}\n{{\n{REQUEST}"
    )

    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [one.get("site", {}).get("version") for one in said] == [0, None, 0]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("site.toml", "profile = ", "is not TOML"),
        ("site.json", "{", "is not JSON"),
        ("site.json", "\xff", "is not JSON"),
        ("site.json", "[]", "/: "),
        ("site.json", '{"shoe": 1}', "/shoe: "),
        ("site.json", '{"profile": "MARS_adult"}', "/profile: "),
        ("site.toml", AS_TOML.replace("0.85", "0.30"), "/intervals/0/low: a severe phosphate"),
        ("site.toml", AS_TOML.replace("mg/dL", "kg"), "/preferred_units/s_phos: "),
    ],
)
def test_settings_that_cannot_be_used_stop_the_call(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="latin-1")

    done = tio("assess", "--site", str(file), standard_input=REQUEST)

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_that_are_not_there_stop_the_call() -> None:
    done = tio("assess", "--site", "no-such-file.toml", standard_input=REQUEST)

    assert done.returncode == 2
    assert done.stderr == "no-such-file.toml cannot be read: No such file or directory\n"
