"""Facts entered by hand, and people's small changes: stored once, asked back, refused, undone."""

from typing import Any
from uuid import UUID

from playwright.sync_api import Page, expect

from tests.pages.answers import PROPOSAL
from tests.pages.running import Running, picture
from tests.pages.test_pages import decisions
from tests.pages.ward import TODAY, a_journey_on, due_in, now, report
from tests.services.coordination.builders import a_conclusion, path


def a_watched_patient(running: Running, patient: str) -> UUID:
    journey = a_journey_on(running, patient)
    conclusion = a_conclusion(due_in(-2), due_in(30, rule="FUP-07", act="local_mri"))
    report(running, journey, at=now(), conclusion=conclusion)
    return journey


def told(running: Running, journey: UUID) -> dict[str, Any]:
    [event] = decisions(running, journey)
    payload: dict[str, Any] = event["payload"]
    return payload


def test_results_are_stored_as_the_report_prints_them(
    without_script: Page, running: Running
) -> None:
    page, journey = without_script, a_journey_on(running, "p-sheet")
    page.goto(f"{running.url}/journeys/{journey}/results/new")
    expect(page.get_by_label("Total alkaline phosphatase: unit")).to_have_value("U/L")
    page.get_by_label("Day and time").fill("2026-03-02T08:10")
    page.get_by_label("Serum phosphate: value").fill("<0.32")
    page.get_by_label("Serum phosphate: unit").select_option("mg/dL")
    page.get_by_label("Serum phosphate: lower end").fill("2.6")
    page.get_by_label("Serum phosphate: upper end").fill("1.4")
    page.get_by_role("button", name="Store the results").click()
    expect(page.get_by_role("alert")).to_contain_text("The lower end of the range is not below")
    page.get_by_label("Serum phosphate: upper end").fill("")
    page.get_by_role("button", name="Store the results").click()

    assert page.url == f"{running.url}/journeys/{journey}"
    [phosphate] = told(running, journey)["observations"]
    assert phosphate["value"] == 0.32
    assert phosphate["comparator"] == "<"
    assert phosphate["unit"] == "mg/dL"
    assert phosphate["reference_range"] == {"low": 2.6}
    assert phosphate["taken_at"].startswith("2026-03-02T08:10:00+01:00")
    page.goto(f"{running.url}/journeys/{journey}/results/new")
    expect(page.get_by_label("Serum phosphate: unit")).to_have_value("mg/dL")


def test_a_value_without_its_unit_is_not_stored_and_what_was_typed_stays(
    without_script: Page, running: Running
) -> None:
    page, journey = without_script, a_journey_on(running, "p-unitless")
    page.goto(f"{running.url}/journeys/{journey}/results/new")
    page.get_by_label("Day and time").fill("2026-03-02T08:10")
    page.get_by_label("Serum phosphate: value").fill("3,1")
    page.get_by_label("Total calcium: value").fill("2.2")
    page.get_by_role("button", name="Store the results").click()

    errors = page.get_by_role("alert")
    expect(errors).to_contain_text("2 things are to be put right")
    expect(errors).to_contain_text("Which unit does the report print?")
    expect(page.get_by_label("Serum phosphate: value")).to_have_value("3,1")
    expect(page.get_by_label("Total calcium: value")).to_have_value("2.2")
    assert decisions(running, journey) == []
    picture(page, "results-errors")


def test_a_history_is_entered_and_what_nobody_asked_stays_unknown(
    without_script: Page, running: Running
) -> None:
    page, journey = without_script, a_journey_on(running, "p-history")
    place = f"{running.url}/journeys/{journey}"
    page.goto(f"{place}/findings/new")
    page.get_by_label("Weight in kg").fill("900")
    page.get_by_role("group", name="Bone pain").get_by_label("yes").check()
    page.get_by_role("group", name="Low phosphate in the family").get_by_label(
        "no", exact=True
    ).check()
    page.get_by_label("Bone", exact=True).first.fill("metatarsal")
    page.get_by_role("button", name="Store the findings").click()
    expect(page.get_by_role("alert")).to_contain_text("Between 1 and 500")
    page.get_by_label("Weight in kg").fill("62")
    page.get_by_role("button", name="Store the findings").click()
    assert told(running, journey)["findings"] == {
        "weight_kg": 62,
        "bone_pain": True,
        "family_history_low_phosphate": False,
        "fractures": [{"site": "metatarsal"}],
    }

    page.goto(f"{place}/findings/new")
    expect(page.get_by_role("group", name="Bone pain")).to_contain_text("told before: yes")
    page.goto(f"{place}/exposures/new")
    page.get_by_label("Asked: no drug is taken").check()
    page.get_by_label("Product").first.select_option("ferric_carboxymaltose")
    page.get_by_label("Day", exact=True).first.fill("2026-03-02")
    page.get_by_label("Name or ATC code").first.fill("tenofovir")
    page.get_by_role("button", name="Store drugs and iron").click()
    expect(page.get_by_role("alert")).to_contain_text("Something is entered, and said not to be")
    page.get_by_label("Name or ATC code").first.fill("")
    page.get_by_role("button", name="Store drugs and iron").click()
    page.goto(f"{place}/genetics/new")
    page.get_by_label("Gene", exact=True).first.fill("PHEX")
    page.get_by_label("Result").first.select_option("negative")
    page.get_by_role("button", name="Store the genetic results").click()

    events = {event["kind"]: event["payload"] for event in decisions(running, journey)}
    iron = {"product": "ferric_carboxymaltose", "given_on": "2026-03-02"}
    assert events["exposures"] == {"drug_exposures": [], "iv_iron": [iron]}
    assert events["genetics"] == {"genetics": [{"gene": "PHEX", "result": "negative"}]}


def test_an_area_nobody_speaks_of_was_not_examined(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_journey_on(running, "p-exam")
    page.goto(f"{running.url}/journeys/{journey}/examinations/new")
    page.get_by_label("Day").fill("0026-03-02")
    page.get_by_role("group", name="Scalp").get_by_label("normal").check()
    page.get_by_role("group", name="Thigh").get_by_label("lump").check()
    page.get_by_role("button", name="Store the examination").click()
    expect(page.get_by_role("alert")).to_contain_text("Say where the lump lies")
    expect(page.get_by_role("alert")).to_contain_text("This is no day")
    page.get_by_label("Day").fill("2026-03-02")
    page.get_by_label("Site").first.select_option("thigh")
    page.get_by_label("Side").first.select_option("left")
    page.get_by_role("button", name="Store the examination").click()

    examined = told(running, journey)
    assert examined["areas"]["scalp"] == "normal"
    assert examined["areas"]["foot"] == "not_examined"
    assert examined["lesions"] == [{"site": "thigh", "laterality": "left"}]


def test_a_scan_says_what_it_covered(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_journey_on(running, "p-scan")
    page.goto(f"{running.url}/journeys/{journey}/studies/new")
    page.get_by_label("Kind of scan").select_option("pet_ct")
    page.get_by_label("Day").fill(f"{TODAY.year + 1}-03-02")
    page.get_by_label("SUVmax").first.fill("14.2")
    page.get_by_role("button", name="Store the scan").click()
    errors = page.get_by_role("alert")
    expect(errors).to_contain_text("That moment has not come yet")
    expect(errors).to_contain_text("Say where the lump lies")
    page.get_by_label("Day").fill("2026-03-02")
    page.get_by_label("SUVmax").first.fill("")
    expect(errors).to_contain_text("Which tracer was given?")
    expect(errors).to_contain_text("Tick what the scan covered")
    page.get_by_label("Tracer").select_option("ga68_dotatate")
    page.get_by_label("Everything from vertex to toes").check()
    page.get_by_role("button", name="Store the scan").click()

    assert told(running, journey)["coverage"] == ["entire body"]
    event = page.locator("section", has=page.locator("#events")).locator("tbody th")
    for words in ("PET/CT, 68Ga-DOTATATE", "2 Mar 2026", "No lesion entered"):
        expect(event).to_contain_text(words)


def test_an_operation_says_how_completely_it_was(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_journey_on(running, "p-surgery")
    page.goto(f"{running.url}/journeys/{journey}/operations/new")
    page.get_by_label("Day").fill(f"{TODAY.year + 1}-03-02")
    page.get_by_label("Site").select_option("femur")
    page.get_by_role("button", name="Store the operation").click()
    expect(page.get_by_role("alert")).to_contain_text("How completely was it removed?")
    expect(page.get_by_role("alert")).to_contain_text("That moment has not come yet")
    page.get_by_label("Day").fill("2026-03-02")
    page.get_by_label("Margin").select_option("unknown")
    page.get_by_role("button", name="Store the operation").click()

    assert told(running, journey)["margin"] == "unknown"
    for words in ("2 Mar 2026", "Femur", "Margin: not known yet"):
        expect(page.locator("section", has=page.locator("#events"))).to_contain_text(words)
    page.get_by_role("link", name="Add histology or margin").click()
    expect(page.get_by_label("Day")).to_have_value("2026-03-02")
    page.get_by_label("Margin").select_option("r0")
    page.get_by_label("Histology").select_option("phosphaturic mesenchymal tumor, benign")
    page.get_by_role("button", name="Store the operation").click()
    first, second = sorted(
        (event["payload"] for event in decisions(running, journey)), key=lambda one: len(one)
    )
    assert second["id"] == first["id"]
    assert (second["version"], second["margin"]) == (2, "r0")


def test_what_is_due_is_put_off_with_a_reason(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_watched_patient(running, "p-put-off")
    page.goto(f"{running.url}/journeys/{journey}")
    first = page.locator(".dues > li").first
    first.get_by_text("Put off").first.click()
    first.get_by_label("Until").fill(f"{TODAY.year - 1}-03-01")
    first.get_by_label("Reason", exact=True).fill("travels until spring")
    first.get_by_role("button", name="Put off").click()
    expect(page.get_by_role("main")).to_contain_text("That day is not ahead")
    page.goto(f"{running.url}/journeys/{journey}")
    first.get_by_text("Put off").first.click()
    first.get_by_label("Until").fill(f"{TODAY.year + 1}-03-01")
    first.get_by_label("Reason", exact=True).fill("travels until spring")
    first.get_by_role("button", name="Put off").click()

    assert told(running, journey)["reason"] == "travels until spring"


def test_a_call_is_noted_and_a_thing_seen(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_watched_patient(running, "p-call")
    page.goto(f"{running.url}/journeys/{journey}")
    page.get_by_text("A call or another contact was made").click()
    page.get_by_label("What came of it").select_option("no_answer")
    page.locator("form[action$=contacts] button").click()
    page.locator(".dues > li").first.get_by_role("button", name="I am at it").click()

    kinds = {event["kind"] for event in decisions(running, journey)}
    assert kinds == {"contact", "acknowledgement"}


def test_a_dose_is_accepted_in_the_prescribers_own_name(
    without_script: Page, running: Running
) -> None:
    page, journey = without_script, a_watched_patient(running, "p-dose")
    page.goto(f"{running.url}/journeys/{journey}")
    dose = page.locator("article.proposal").first
    expect(dose).to_contain_text("rounded to 50 mg")
    expect(dose).to_contain_text("the last ALP is three months old", ignore_case=True)
    stopped = page.locator("article.proposal").nth(1)
    expect(stopped).to_contain_text("Must not be given")
    expect(stopped.get_by_role("button", name="Accept")).to_have_count(0)
    picture(page, "proposals")
    dose.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("A reason is needed")).to_be_visible()

    page.goto(f"{running.url}/journeys/{journey}")
    dose.get_by_label("Why?").fill("as discussed")
    dose.get_by_role("button", name="Accept").click()

    who, path, said = running.neighbours.decided[-1]
    assert who == "coordinator"
    assert path.endswith(f"{PROPOSAL}/decision")
    assert (said["answer"], said["reason"]) == ("accepted", "as discussed")


def test_what_follow_up_refuses_is_told(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_watched_patient(running, "p-dose-no")
    page.goto(f"{running.url}/journeys/{journey}")
    page.locator("article.proposal").first.get_by_label("Why?").fill("too soon")
    page.locator("article.proposal").first.get_by_role("button", name="Accept").click()

    expect(page.get_by_text("A hard stop cannot be gone past")).to_be_visible()


def test_the_page_draws_values_under_treatment_and_the_years_ahead(
    signed_in: Page, running: Running
) -> None:
    journey = a_watched_patient(running, "p-drawn")
    signed_in.goto(f"{running.url}/journeys/{journey}")

    chart = signed_in.get_by_role("img", name="Serum phosphate over time")
    expect(chart).to_be_visible()
    assert chart.locator(".masked").count() == 1
    assert chart.locator(".drug").count() == 1
    assert chart.locator(".cut").count() == 1
    calendar = signed_in.get_by_role("table", name="How much falls due in each month")
    expect(calendar).to_contain_text("Local MRI")
    expect(signed_in.get_by_role("region", name="Reminders")).to_contain_text("To be sent")
    picture(signed_in, "journey-watched")


def test_many_journeys_are_handed_over_with_a_preview_and_taken_back(
    without_script: Page, running: Running
) -> None:
    page = without_script
    for patient in ("p-bulk-1", "p-bulk-2"):
        a_watched_patient(running, patient)
    page.goto(f"{running.url}/worklist")
    for patient in ("p-bulk-1", "p-bulk-2"):
        page.get_by_label(f"Tick {patient}").check()
    page.get_by_text("Several journeys at once").click()
    page.get_by_label("Hand the ticked ones to").fill("ada")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hand 2 journeys to ada?")
    expect(page.get_by_role("table")).to_contain_text("ward-7")
    picture(page, "bulk-preview")
    page.get_by_role("button", name="Do it").click()

    expect(page.get_by_role("status")).to_contain_text("2 journeys were handed over")
    row = page.locator("tbody tr", has_text="p-bulk-1")
    expect(row).to_contain_text("changed by coordinator")
    picture(page, "handed-over")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("tbody tr", has_text="p-bulk-1")).to_contain_text("ward-7")


def test_a_patient_is_found_without_the_id_in_the_address(
    without_script: Page, running: Running
) -> None:
    page = without_script
    a_journey_on(running, "needle-77")
    page.goto(f"{running.url}/worklist")
    page.get_by_role("searchbox").fill("needle")
    page.get_by_role("button", name="Find", exact=True).click()

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("needle-77")
    assert "needle" not in page.url


def test_who_looked_is_shown(signed_in: Page, running: Running) -> None:
    journey = a_journey_on(running, "p-looked-at")
    signed_in.goto(f"{running.url}/journeys/{journey}")
    signed_in.get_by_role("link", name="Who saw and did what").click()

    expect(signed_in.get_by_role("table")).to_contain_text("lab-system")
    expect(signed_in.get_by_role("table")).to_contain_text("coordinator")
    picture(signed_in, "seen")


def test_small_numbers_are_not_shown_to_managers(signed_in: Page, running: Running) -> None:
    a_journey_on(running, "p-few")
    signed_in.goto(f"{running.url}/programme")

    expect(signed_in.get_by_role("region", name="Open journeys by site")).to_be_visible()
    expect(signed_in.get_by_role("main")).to_contain_text("Too few to show.")
    assert "p-few" not in signed_in.content()
    picture(signed_in, "programme")


def test_the_letter_is_one_page_in_both_languages(signed_in: Page, running: Running) -> None:
    journey = a_watched_patient(running, "p-letter")
    place = f"{running.url}/journeys/{journey}/letter"
    signed_in.goto(place)
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Referral letter")
    signed_in.get_by_role("button", name="中文").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("转诊信")
    assert signed_in.url == place
    picture(signed_in, "letter-zh")
    signed_in.goto(f"{place}?purpose=board")
    signed_in.get_by_role("button", name="English").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Summary for the tumor board")
    assert b"/Count 1\n" in signed_in.pdf(prefer_css_page_size=True)


def test_a_death_is_shown_before_it_is_told(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_watched_patient(running, "p-death")
    page.goto(f"{running.url}/journeys/{journey}")
    page.get_by_role("link", name="Pause, hand over, end or merge").click()
    page.get_by_label("The patient has died").check()
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_role("alert")).to_contain_text("A reason is needed")
    page.get_by_label("Reason").fill("letter of the family")
    page.get_by_label("Day of death").fill("2026-01-02")
    page.get_by_role("button", name="Show what would happen").click()

    expect(page.get_by_role("main")).to_contain_text(
        "2 open things end: Serum phosphate, Local MRI"
    )
    assert decisions(running, journey) == []
    picture(page, "death-preview")
    page.get_by_role("button", name="Do it").click()
    assert told(running, journey) == {"reason": "letter of the family", "died_on": "2026-01-02"}


def test_a_merge_shows_what_it_would_take_over(without_script: Page, running: Running) -> None:
    page, journey = without_script, a_watched_patient(running, "p-same")
    other = a_watched_patient(running, "p-same-again")
    page.goto(f"{running.url}/journeys/{journey}/change")
    page.get_by_label("Another journey is of the same person").check()
    page.get_by_label("Reason").fill("registered twice")
    page.get_by_label("The other journey").fill(str(other))
    page.get_by_role("button", name="Show what would happen").click()

    expect(page.get_by_role("main")).to_contain_text("It then stands in: Surveillance")
    assert decisions(running, journey) == []
    page.get_by_role("button", name="Do it").click()
    [event] = decisions(running, journey)
    joined = running.api.put(f"{path(journey)}/merges/{event['id']}", json={"state": {}})
    assert joined.json()["refusal"] is None
    page.goto(f"{running.url}/journeys/{journey}/change")
    page.get_by_label("They are two persons after all").check()
    page.get_by_label("Reason").fill("two sisters")
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Do it").click()
    parted = {"other": str(other), "undone": True, "reason": "two sisters"}
    assert parted in [one["payload"] for one in decisions(running, journey)]


def test_a_journey_closed_by_mistake_is_opened_again(
    without_script: Page, running: Running
) -> None:
    page, journey = without_script, a_watched_patient(running, "p-opened")
    state = {"phase": "surveillance"}
    report(running, journey, at=now(), phase="closed", carried=state, revision=9)
    page.goto(f"{running.url}/journeys/{journey}")
    page.get_by_role("link", name="Take the ending back").click()
    page.get_by_label("Open the journey again").check()
    page.get_by_label("Reason").fill("recurrence after six years")
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Do it").click()

    assert told(running, journey)["answer"] == "reopen"
