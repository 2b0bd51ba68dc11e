"""What a coordinator sees and does: signed in by a link, with and without script."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from playwright.sync_api import Page, expect

from services.coordination.pages import counting
from tests.pages.running import Running, picture
from tests.pages.ward import a_journey_on, due_in, now, report, tell
from tests.services.coordination.builders import a_conclusion, a_task, an_event, path


def test_a_link_lets_one_person_in_once(page: Page, running: Running) -> None:
    link = running.sign_in_link()

    page.goto(link)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    cookie = next(c for c in page.context.cookies() if c.get("name") == "tio_session")
    assert cookie.get("httpOnly") is True
    assert cookie.get("sameSite") == "Lax"
    assert "token" not in page.url

    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible()
    page.goto(running.url + "/worklist")
    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible()
    picture(page, "signed-out")


def test_who_signs_out_is_out(signed_in: Page, running: Running) -> None:
    [cookie] = [c for c in signed_in.context.cookies() if c.get("name") == "tio_session"]

    signed_in.get_by_role("button", name="Sign out").click()

    expect(signed_in.get_by_role("heading", name="Please sign in")).to_be_visible()
    kept = {"name": "tio_session", "value": str(cookie.get("value")), "url": running.url}
    signed_in.context.add_cookies([kept])  # type: ignore[list-item]
    signed_in.goto(running.url + "/worklist")
    expect(signed_in.get_by_role("heading", name="Please sign in")).to_be_visible()


def test_the_worklist_says_why_each_journey_stands_where_it_stands(
    signed_in: Page, running: Running, ward: None
) -> None:
    signed_in.goto(running.url + "/worklist")

    rows = signed_in.locator("tbody tr")
    expect(rows).to_have_count(6)
    expect(rows.nth(0)).to_contain_text("p-2210")
    expect(rows.nth(0)).to_contain_text("days overdue")
    expect(rows.nth(1)).to_contain_text("p-1042")
    expect(rows.nth(1)).to_contain_text("1 refused")
    expect(rows.nth(1)).to_contain_text("Shall we look for the tumor?")
    expect(rows.nth(5)).to_contain_text("Nothing is due")
    expect(signed_in.locator("caption")).to_contain_text("6 journeys")
    expect(signed_in.get_by_text("As of")).to_be_visible()
    picture(signed_in, "worklist")


def test_of_many_journeys_the_numbers_are_counted_again_once_an_answer_has_left(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(client: httpx2.Client) -> str:
        found = re.search(r'view=unassigned"[^<]*<span class="count">(\d+)', looked(client))
        assert found is not None
        return found[1]

    def looked(client: httpx2.Client) -> str:
        return client.get("/worklist").text

    monkeypatch.setattr(counting, "MANY", -1)
    monkeypatch.setattr(counting, "KEPT_SECONDS", -1.0)
    with httpx2.Client(base_url=running.url, follow_redirects=True, timeout=30) as client:
        client.get(running.sign_in_link())
        before = shown(client)
        a_journey_on(running, "p-counted", assignee=None)
        counts = [shown(client) for _ in range(3)]

    assert counts[0] == before
    assert counts[-1] == str(int(before) + 1)


def test_filters_work_without_script(without_script: Page, running: Running, ward: None) -> None:
    page = without_script
    page.get_by_role("link", name="Assigned to me 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)

    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name="Overdue 2").click()
    page.get_by_label("Phase").select_option("surveillance")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("p-2210")

    page.get_by_label("Phase").select_option("closed")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing matches these filters")).to_be_visible()
    picture(page, "worklist-empty")


def test_the_journey_page_tells_what_is_due_what_was_concluded_and_why(
    signed_in: Page, running: Running, ward: None, asked: UUID
) -> None:
    page, journey = signed_in, asked
    page.goto(running.url + "/worklist")
    page.get_by_role("link", name="p-1042", exact=True).click()

    assert page.url == f"{running.url}/journeys/{journey}"
    expect(page.get_by_role("heading", level=1)).to_have_text("Patient p-1042")
    due = page.locator("section", has=page.get_by_role("heading", name="What is due"))
    expect(due).to_contain_text("overdue")
    expect(due).to_contain_text("7 days after to the patient, by SMS and letter")
    why = page.locator("section", has=page.get_by_role("heading", name="What was concluded"))
    for words in (
        "TIO probable",
        "FGF23 mediated",
        "Payne RB",
        "TmP/GFR9 Nov 2026",
        "read in a secondary source",
        "abstract only",
        "For: Intact FGF23 is high",
        "the unit is missing",
        "One sample was not taken fasting",
    ):
        expect(why).to_contain_text(words, ignore_case=True)
    events = page.locator("section", has=page.get_by_role("heading", name="Events and results"))
    expect(events).to_contain_text("Refused")
    expect(events).to_contain_text("The unit is missing")
    expect(page.get_by_role("img", name="Serum phosphate over time")).to_be_visible()
    picture(page, "journey")
    page.emulate_media(color_scheme="dark")
    picture(page, "journey-dark")


def test_the_journey_page_shows_where_the_tumor_may_be_and_what_blocks_a_step(
    signed_in: Page, running: Running
) -> None:
    journey = a_journey_on(running, "p-localized")
    conclusion = a_conclusion(service="localization", state="LOCALIZED", concluded_at=now())
    report(running, journey, at=now(), phase="localization", conclusion=conclusion)

    signed_in.goto(f"{running.url}/journeys/{journey}")

    why = signed_in.locator("section", has=signed_in.get_by_role("heading", name="What was con"))
    where = signed_in.locator("section", has=signed_in.get_by_role("heading", name="Where it may"))
    expect(where).to_contain_text("Thigh, left, 14 mm")
    expect(where).to_contain_text("seen in 2 studies")
    expect(where).to_contain_text("Removed, and it was not this")
    expect(where).to_contain_text("incomplete, no negative scan, missing: feet")
    assert signed_in.locator(".body-map .mark-of").count() == 2
    expect(signed_in.get_by_role("img", name="Veins with their ratios")).to_be_visible()
    picture(signed_in, "journey-localized")
    expect(why).to_contain_text("Local MRI: The extent decides the margin")
    expect(why).to_contain_text("Not now: An implant is not cleared for MRI")
    signed_in.goto(f"{running.url}/journeys/{journey}/letter?purpose=board")
    removed = signed_in.locator(".letter li.refuted")
    expect(removed).to_contain_text("Removed, and it was not this")


def test_a_service_that_does_not_answer_leaves_what_is_known_on_the_page(
    signed_in: Page, running: Running
) -> None:
    journey = a_journey_on(running, "p-silent")
    conclusion = a_conclusion(service="silent", state="LOCALIZED", concluded_at=now())
    report(running, journey, at=now(), phase="localization", conclusion=conclusion)

    signed_in.goto(f"{running.url}/journeys/{journey}")

    why = signed_in.locator("section", has=signed_in.get_by_role("heading", name="What was con"))
    expect(why).to_contain_text("Localized")
    expect(why).to_contain_text("does not answer now")


def test_a_critical_result_stands_before_what_is_overdue_for_longer(
    signed_in: Page, running: Running
) -> None:
    journey = a_journey_on(running, "p-critical")
    dues = [
        due_in(-19, rule="FUP-10", act="dxa"),
        due_in(-2, rule="MON-02", act="call_about_phosphate", ladder="critical"),
    ]
    report(running, journey, at=now(), conclusion=a_conclusion(*dues, concluded_at=now()))

    signed_in.goto(f"{running.url}/worklist?view=review")
    row = signed_in.locator("tbody tr")
    expect(row.locator(".why .tag").first).to_have_text("Cannot wait: a critical result")
    step = row.locator("td[data-label='Next step']")
    expect(step).to_contain_text(re.compile(r"^\s*A phosphate result or symptoms that cannot wait"))
    expect(step).to_contain_text("earliest by date: bone density (DXA)")
    row.get_by_role("link", name="p-critical").click()
    expect(signed_in.locator(".notice.bad")).to_contain_text("Cannot wait")
    expect(signed_in.locator(".dues h3").first).to_contain_text("that cannot wait")


def test_the_phosphate_table_keeps_what_was_sent(
    signed_in: Page, running: Running, asked: UUID
) -> None:
    signed_in.goto(f"{running.url}/journeys/{asked}")
    signed_in.get_by_text("All 5 values").click()

    table = signed_in.get_by_role("table", name="Serum phosphate")
    expect(table).to_contain_text("1.4 mg/dL")
    expect(table.locator("tbody tr")).to_have_count(5)
    expect(table.locator("tbody tr").nth(0)).to_contain_text("Low")


def a_question(running: Running, patient: str) -> UUID:
    journey = a_journey_on(running, patient)
    task = a_task(question="plan-treatment", answers=["operate", "keep-looking"], opened_at=now())
    report(running, journey, at=now(), phase="localization", task=task)
    return journey


def decisions(running: Running, journey: UUID) -> list[dict[str, Any]]:
    entries = running.api.get(f"{path(journey)}/timeline").json()["entries"]
    told = [entry for entry in entries if entry["what"] == "event"]
    return [
        running.api.get(f"{path(journey)}/events/{entry['reference']}").json() for entry in told
    ]


def test_a_decision_is_taken_without_script_and_once(
    without_script: Page, running: Running
) -> None:
    page, journey = without_script, a_question(running, "p-decide")
    page.goto(f"{running.url}/journeys/{journey}")

    page.get_by_label("Operate").check()
    page.get_by_label("Why?").fill("one lesion, concordant in two studies")
    sent: dict[str, str | float | bool] = {"answer": "operate"}
    for name in ("csrf", "event", "task", "reason"):
        field = page.locator(f"form[action$=decisions] [name={name}]")
        sent[name] = field.input_value()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("An answer is stored")).to_be_visible()
    assert page.url == f"{running.url}/journeys/{journey}"
    picture(page, "decided")

    again = page.request.post(f"{running.url}/journeys/{journey}/decisions", form=sent)
    assert again.url == f"{running.url}/journeys/{journey}"
    other = page.request.post(
        f"{running.url}/journeys/{journey}/decisions", form={**sent, "answer": "keep-looking"}
    )
    assert other.status == 409
    second = {**sent, "event": str(uuid4()), "answer": "keep-looking"}
    late = page.request.post(f"{running.url}/journeys/{journey}/decisions", form=second)
    assert "Somebody has answered this question in the meantime" in late.text()

    [decision] = decisions(running, journey)
    assert decision["told_by"] == "coordinator"
    assert decision["payload"]["answer"] == "operate"
    assert UUID(decision["id"]) in running.engine.events


def test_a_decision_needs_a_reason(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_question(running, "p-reason")
    page.goto(f"{running.url}/journeys/{journey}")
    page.get_by_label("Operate").check()
    page.get_by_label("Why?").fill("   ")

    page.get_by_role("button", name="Record the decision").click()

    expect(page.get_by_role("heading", name="This was not stored")).to_be_visible()
    expect(page.get_by_text("A reason is needed")).to_be_visible()
    assert decisions(running, journey) == []
    picture(page, "not-stored")


def waits_for_news(page: Page, running: Running, patient: str) -> Callable[[], None]:
    """The page of a journey that was just told something; the answer lets that be worked off."""
    journey, waiting = a_question(running, patient), {"waiting": 1}
    tell(running, journey, an_event())
    page.route("**/standing", lambda asked: asked.fulfill(json=waiting))
    page.goto(f"{running.url}/journeys/{journey}")
    expect(page.locator("[data-look-again]")).to_contain_text("waiting to be worked off")
    return lambda: waiting.update(waiting=0)


def test_news_come_by_themselves_to_who_only_looks(signed_in: Page, running: Running) -> None:
    worked_off = waits_for_news(signed_in, running, "p-looks")
    with signed_in.expect_navigation():
        worked_off()


def test_news_take_nobody_out_of_what_they_write(signed_in: Page, running: Running) -> None:
    page, worked_off = signed_in, waits_for_news(signed_in, running, "p-writes")
    page.get_by_label("Why?").fill("the scan was")
    worked_off()

    expect(page.locator("[data-look-again]")).to_contain_text("has been worked off")
    page.keyboard.type(" negative")
    expect(page.get_by_label("Why?")).to_have_value("the scan was negative")


def test_a_form_of_another_session_is_refused(signed_in: Page, running: Running) -> None:
    journey = a_question(running, "p-csrf")
    form = {"event": str(uuid4()), "task": str(uuid4()), "answer": "operate", "reason": "x"}

    answer = signed_in.request.post(
        f"{running.url}/journeys/{journey}/decisions", form={**form, "csrf": "guessed"}
    )

    assert answer.status == 403
    assert decisions(running, journey) == []


def test_how_something_ended_can_be_said_on_the_page(
    without_script: Page, running: Running
) -> None:
    page, journey = without_script, a_journey_on(running, "p-ended")
    report(running, journey, at=now(), conclusion=a_conclusion(due_in(-2), concluded_at=now()))
    page.goto(f"{running.url}/journeys/{journey}")

    page.get_by_text("Say how it ended").click()
    page.get_by_label("Outcome").select_option("DECLINED")
    page.get_by_label("Reason (needed").fill("moved abroad")
    page.locator("form[action$=dispositions] button").click()

    expect(page.locator("#events ~ *")).to_contain_text("moved abroad")
    [told] = decisions(running, journey)
    assert told["payload"]["disposition"] == "DECLINED"


def test_another_organisations_journey_is_not_there(page: Page, running: Running) -> None:
    journey = a_journey_on(running, "p-foreign")

    page.goto(running.sign_in_link("visitor", "south"))
    expect(page.get_by_role("heading", name="No open journeys")).to_be_visible()
    answer = page.goto(f"{running.url}/journeys/{journey}")

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    assert "p-foreign" not in page.content()


def test_while_the_engine_is_away_the_page_says_so_and_still_takes_decisions(
    signed_in: Page, running: Running
) -> None:
    journey = a_question(running, "p-away")
    running.engine.away = True
    signed_in.wait_for_timeout(300)  # what was found out just before still counts
    signed_in.goto(f"{running.url}/journeys/{journey}")
    try:
        expect(signed_in.get_by_text("The workflow engine does not answer")).to_be_visible()
        picture(signed_in, "engine-away")
        signed_in.get_by_label("Operate").check()
        signed_in.get_by_label("Why?").fill("clear")
        signed_in.get_by_role("button", name="Record the decision").click()
        expect(signed_in.get_by_text("1 event is stored and waiting")).to_be_visible()
    finally:
        running.engine.away = False
