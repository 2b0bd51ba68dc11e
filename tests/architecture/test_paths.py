"""What the documents point at is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/*.md"))
    if path.is_file()
)
POINTERS = re.compile(r"`((?:tests|docs|knowledge|services|workflows|deploy|tio)/[\w./-]+)`")
PLACEHOLDER = re.compile(r"NAME|PHASE|/X/")
LINKS = re.compile(r"\]\((?!http|#)([^)#]+)\)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_points_at_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    named = [ROOT / name for name in POINTERS.findall(text) if not PLACEHOLDER.search(name)]
    linked = [path.parent / name for name in LINKS.findall(text)]

    assert [str(place) for place in (*named, *linked) if not place.exists()] == []
