"""Codes in the words of the ward, for pages and messages. An unknown code is shown as it is."""

from collections.abc import Mapping
from datetime import date

from knowledge.references import REFERENCES
from knowledge.terms.acts import ACTS
from knowledge.terms.analyte import ANALYTES
from services.coordination import language
from services.coordination.language import count, say

QUESTIONS = {
    "proceed-to-localization": "Shall we look for the tumor?",
    "close-the-journey": "Can this journey be closed?",
    "plan-treatment": "How shall this be treated?",
    "record-the-operation": "What became of the operation?",
    "look-again": "Shall we look again?",
    "the-diagnosis-is-in-doubt": "Does the diagnosis still stand?",
}
ANSWERS = {
    "localize": "Look for it",
    "keep-testing": "Keep testing first",
    "close": "Close the journey",
    "operate": "Operate",
    "keep-looking": "Keep looking",
    "treat-medically": "Treat medically",
    "postponed": "The operation is postponed",
    "cancelled": "The operation is cancelled",
    "watch": "Watch and wait",
    "confirmed": "It stands",
    "reassess": "Assess anew",
    "refuted": "It is another disease",
    "reopen": "Open the journey again",
}
PHASES = {
    "assessment": "Assessment",
    "localization": "Localization",
    "treatment": "Treatment",
    "surveillance": "Surveillance",
    "closed": "Closed",
}
KINDS = {
    "observations": "Laboratory results",
    "findings": "Clinical findings",
    "exposures": "Medicines and exposures",
    "genetics": "Genetic result",
    "examination": "Examination",
    "study": "Imaging study",
    "venous_sampling": "Venous sampling",
    "biopsy": "Biopsy",
    "order": "Order",
    "constraints": "Constraints on imaging",
    "surgery": "Operation",
    "therapy": "Therapy",
    "state": "State",
    "symptoms": "Symptoms",
    "planned": "Booked for a day",
    "opinion": "Opinion of the meeting",
    "measure": "Outcome measure",
    "act": "Done",
    "decision": "Decision",
    "acknowledgement": "Acknowledgement",
    "disposition": "Disposition",
    "contact": "Contact",
    "postponement": "Put off",
    "preferences": "Contact preferences",
    "death": "Death",
    "withdrawal": "Withdrawal of consent",
    "pause": "Pause",
    "resume": "Resumption",
    "transfer": "Transfer",
    "merge": "Merge",
    "relocation": "Moved to another time zone",
}
MARGINS = {
    "wide": "wide, nothing left",
    "r0": "microscopically free (R0)",
    "r1": "microscopic rest (R1)",
    "r2": "visible rest (R2)",
    "curettage": "curettage",
    "unknown": "not known yet",
}
SCANS = {
    "pet_ct": "PET/CT",
    "spect_ct": "SPECT/CT",
    "mri": "MRI",
    "ct": "CT",
    "ultrasound": "Ultrasound",
    "radiograph": "Radiograph",
}
MOMENTS = {
    "started": "Journey started",
    "phase": "Moved on",
    "event": "Received",
    "refused": "Refused",
    "noted": "Noted",
    "conclusion": "Concluded",
    "question": "Question opened",
    "reminder": "Reminder",
    "disposition": "Ended",
    "undelivered": "Not delivered",
    "postponed": "Put off",
    "unseen": "Seen, taken back",
    "contact": "Contact",
    "lost": "Cannot be reached",
    "found": "Reached again",
}
DISPOSITIONS = {
    "DONE": "Done",
    "NOT_INDICATED": "Not indicated",
    "DECLINED": "Declined",
    "TRANSFERRED": "Transferred",
    "DECEASED": "Ended by death",
    "WITHDRAWN": "No longer asked for",
    "MISSED": "Missed",
}
QUANTITIES = {"s_fgf23_i_as_cleia": "intact FGF23, as the CLEIA would read it"}
"""What is calculated and is no analyte of its own."""
SAID_BY_PEOPLE = ("DONE", "NOT_INDICATED", "DECLINED", "TRANSFERRED")
READ_STATUS = {
    "full_text": "read in full",
    "abstract": "abstract only",
    "secondary": "read in a secondary source",
    "computed": "computed, not quoted",
    "proposal": "proposal, not from a guideline",
    "unverified": "not verified",
}
RECIPIENTS = {
    "patient": "the patient",
    "staff": "the staff",
    "clinician": "the clinician",
    "supervisor": "the supervisor",
}
MEANS = {
    "letter": "by letter",
    "letter-or-app": "by letter or app",
    "app": "by app",
    "sms": "by SMS",
    "sms-and-letter": "by SMS and letter",
    "phone": "by phone",
    "task": "as a task",
    "worklist": "on the worklist",
}
DELIVERIES = {
    "waiting": "on its way",
    "delivered": "delivered",
    "failed": "could not be delivered",
    "withdrawn": "no longer needed",
    "muted": "not wanted",
}
CHANNELS = {
    "phone": "telephone",
    "sms": "SMS",
    "letter": "letter",
    "email": "e-mail",
    "app": "app",
    "visit": "visit",
}
OUTCOMES = {
    "reached": "reached",
    "no_answer": "no answer",
    "left_message": "message left",
    "wrong_number": "wrong number",
    "returned": "came back",
    "refused": "did not want to talk",
}
WHOM = {"patient": "the patient", "next_of_kin": "next of kin", "other": "somebody else"}
AUDITED = {"read": "looked at", "create": "added", "update": "changed", "search": "listed"}
RESOURCES = {
    "EpisodeOfCare": "the journey",
    "Event": "an event",
    "Communication": "the reminders",
    "AuditEvent": "this list",
    "Procedure": "a procedure",
    "MedicationRequest": "a proposal",
    "Task": "an assignment",
    "Letter": "the letter",
}
UPPERCASE_WORDS = frozenset(
    ["TIO", "FGF", "XLH", "ADHR", "ARHR", "CSHS", "HHRH", "PTH", "CT", "MRI"]
)


def act_in_words(act: str) -> str:
    """What is to be done, as the ward says it."""
    if act in ACTS:
        return say(ACTS[act])
    if act in ANALYTES:
        return analyte_in_words(act)
    if act in QUANTITIES:
        return say(QUANTITIES[act])
    return say(QUESTIONS[act]) if act in QUESTIONS else plain(act)


def analyte_in_words(key: str) -> str:
    """What is measured, as the ward says it."""
    if key not in ANALYTES:
        return plain(key)
    name, _, specimen = ANALYTES[key].name.partition(", ")
    return say(f"{specimen} {name}" if specimen else name)


def rung_in_words(rung: str) -> str:
    """A step of a ladder, by its distance from the due date."""
    rung = rung.partition("@")[0]  # the day on which a postponed ladder stands
    sign, number = rung[1:2], rung[2:]
    if rung == "T0":
        return say("on the day")
    if sign not in ("+", "-") or not number.isdigit():
        return rung
    if sign == "+":
        return count("%(n)s day after", "%(n)s days after", int(number))
    return count("%(n)s day before", "%(n)s days before", int(number))


def of_code(words: Mapping[str, str], code: str | None) -> str:
    """What a code is called; one that nobody has named is shown as it is."""
    return say(words[code]) if code is not None and code in words else title(code or "")


def plain(code: str) -> str:
    """A code without its punctuation; abbreviations keep their capitals. A sentence is no code:
    what is joined in it stays joined, as 0.8-1.5 and 1,25-(OH)2 are."""
    if " " in code:
        return say(code)
    words = code.replace("_", " ").replace("-", " ").split()
    if not code.isupper():
        return say(" ".join(words))
    return say(
        " ".join(
            word if word == "D" or word.startswith(tuple(UPPERCASE_WORDS)) else word.lower()
            for word in words
        )
    )


def sentence(text: str) -> str:
    """The same, begun with a capital letter; eGFR stays eGFR, for EGFR is something else."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def title(code: str) -> str:
    """A code as the words of a heading."""
    return sentence(plain(code))


def source_in_words(source: str) -> str:
    """The citation behind a source's id."""
    reference = REFERENCES.get(source)
    return reference.citation if reference else source


def amount(value: object, unit: object) -> str:
    """A number of three figures with its unit; a ratio has none."""
    number = f"{value:.3g}" if isinstance(value, float) else str(value)
    words = unit_in_words(str(unit or ""))
    return number if words in ("", "1") else f"{number} {words}"


def unit_in_words(unit: str) -> str:
    """A UCUM unit as a report prints it."""
    words = unit.replace("{1.73_m2}", "1.73 m²").replace("(24.h)", "24 h")
    return words.replace("{", "").replace("}", "")


def day(on: date) -> str:
    """A day as it is written on a page."""
    return language.day(on)


def days(number: int) -> str:
    """A number of days, said."""
    return count("%(n)s day", "%(n)s days", number)


CODES = (
    "TIO probable",
    "TIO possible",
    "TIO confirmed",
    "TIO unlikely",
    "indeterminate",
    "cannot be reached",
    "not delivered",
    "refused",
    "sex differs",
    "birth date differs",
    "resectable",
    "fit for surgery",
    "in bone",
    "near joint",
    "small",
    "seen at surgery",
    "residual",
    "re excision feasible",
    "metastatic",
    "sstr positive",
    "burosumab available",
)
"""Codes of other services that have words in every language of the pages."""
