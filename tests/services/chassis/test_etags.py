"""Who edits says which version they edit."""

import httpx2
import pytest

from services.chassis.errors import PreconditionFailed
from services.chassis.etags import Expected
from tests.services.chassis.conftest import a_note


async def test_of_two_editors_one_wins(toy: httpx2.AsyncClient) -> None:
    made = (await toy.post("/toy/v1/notes", json=a_note())).json()
    place = f"/toy/v1/notes/{made['id']}"
    tag = (await toy.get(place)).headers["etag"]
    assert tag == '"1"'

    blind = await toy.put(place, json=a_note(words="blind"))
    first = await toy.put(place, json=a_note(words="first"), headers={"If-Match": tag})
    second = await toy.put(place, json=a_note(words="second"), headers={"If-Match": tag})

    assert [reply.status_code for reply in (blind, first, second)] == [428, 200, 412]
    shown = await toy.get(place)
    assert (shown.json()["words"], shown.headers["etag"]) == ("first", '"2"')


@pytest.mark.parametrize(
    ("if_match", "version", "agrees"),
    [
        ('"3"', 3, True),
        ('"1", "3"', 3, True),
        ("*", 3, True),
        (None, 3, True),
        ('W/"3"', 3, False),
        ("3", 3, False),
        ('"2"', 3, False),
        ("*", None, False),
    ],
)
def test_only_a_strong_tag_of_this_version_agrees(
    if_match: str | None, version: int | None, agrees: bool
) -> None:
    expected = Expected(if_match)
    if agrees:
        expected.check(version)
    else:
        with pytest.raises(PreconditionFailed):
            expected.check(version)
