"""Editions with something planted in them: a small one, and the real tables with another cut."""

from importlib.resources import files

from knowledge.edition import Edition, edition_in

NOW = edition_in(files("knowledge"))

CITED = 'effective = 2026-11-22, source = ["a"], read_status = "proposal"'
BANDS = '[{ name = "LOW", below = 30 }, { name = "HIGH", from = 30 }]'
SMALL = Edition(
    {
        "edition.toml": b'name = "small"\n',
        "references.toml": b'a = { citation = "A", read_status = "abstract" }\n',
        "terms/acts.toml": b'look = "a look"\n',
        "rules/cut.toml": f"""
question = "Is it high?"

[values.after]
rows = [{{ value = 14, unit = "d", {CITED} }}]

[bands.KAINOS]
rows = [{{ unit = "ng/L", bands = {BANDS}, {CITED} }}]

[bands.OTHER]
rows = [{{ unit = "ng/L", bands = {BANDS}, {CITED} }}]

[decisions.answer]
inputs = {{ level = ["low", "high", "unknown"] }}
rows = [
  {{ rule = "F-01", then = "YES", when = {{ level = "high" }} }},
  {{ rule = "F-00", then = "NO", when = {{ level = "low" }} }},
  {{ rule = "F-00", then = "MAYBE", when = {{ level = "unknown" }} }},
]

[rules]
F-00 = {{ condition = "not high", conclusion = "NO", strength = "s", {CITED} }}
F-01 = {{ condition = "high", conclusion = "YES", strength = "s", {CITED} }}

[texts.said]
text = "It is high."
rule = "F-01"
""".encode(),
        "rules/other.toml": f"""
question = "Is it something else?"

[rules]
R-01 = {{ condition = "else", conclusion = "ELSE", strength = "s", {CITED} }}
""".encode(),
    }
)


def changed(place: str, old: str, new: str, edition: Edition = SMALL) -> Edition:
    """The same edition but for the first such place in one table."""
    before = edition.tables[place].decode()
    assert old in before, f"{place} does not say {old!r}"
    return Edition({**edition.tables, place: before.replace(old, new, 1).encode()})


def with_another_cut() -> Edition:
    """The first assay from 40 instead of 30: who has 30 to below 40 is judged otherwise."""
    edition = changed("rules/cut.toml", "below = 30", "below = 40")
    return changed("rules/cut.toml", "from = 30", "from = 40", edition)


def with_another_kainos_cut(edition: Edition = NOW) -> Edition:
    """The real tables, in which FGF23 by Kainos counts as raised from 40 instead of 30."""
    place = "rules/fgf23.toml"
    head, entry, rest = edition.tables[place].decode().partition("bands.KAINOS_ELISA")
    for word in ("below", "from"):
        assert f"{word} = 30" in rest
        rest = rest.replace(f"{word} = 30", f"{word} = 40", 1)
    return Edition({**edition.tables, place: f"{head}{entry}{rest}".encode()})
