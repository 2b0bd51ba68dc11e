"""Codes in the words of the ward, for pages and messages. An unknown code is shown as it is."""

ACTS = {
    "s_phos": "fasting phosphate",
    "s_ca": "calcium",
    "s_crea": "creatinine",
    "s_alp": "alkaline phosphatase",
    "s_pth": "parathyroid hormone",
    "s_fgf23_i": "intact FGF23",
    "s_fgf23_c": "C-terminal FGF23",
    "examination": "examination from head to toe",
    "sstr_pet_ct": "somatostatin-receptor PET/CT",
    "renal_ultrasound": "renal ultrasound",
    "localize": "decide whether to look for the cause",
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
    "constraints": "Constraints",
    "surgery": "Operation",
    "therapy": "Therapy",
    "state": "State",
    "decision": "Decision",
    "acknowledgement": "Acknowledgement",
    "disposition": "Disposition",
    "death": "Death reported",
    "withdrawal": "Consent withdrawn",
    "pause": "Pause",
    "resume": "Resumed",
    "transfer": "Transfer",
    "merge": "Merge",
}
MOMENTS = {
    "started": "Journey started",
    "phase": "Moved to",
    "event": "Received",
    "refused": "Refused",
    "conclusion": "Concluded",
    "question": "Asked",
    "reminder": "Reminder",
    "disposition": "Ended",
    "undelivered": "Not delivered",
}
DISPOSITIONS = {
    "DONE": "done",
    "NOT_INDICATED": "not indicated",
    "DECLINED": "declined",
    "TRANSFERRED": "transferred",
    "DECEASED": "ended by death",
    "WITHDRAWN": "no longer asked for",
}
READ_STATUS = {
    "full-text": "source read in full",
    "abstract": "only the abstract was read",
    "secondary": "read in a secondary source",
    "computed": "computed, not quoted",
    "proposal": "a proposal of this project, not of a guideline",
    "unverified": "not yet verified",
}


def act_in_words(act: str) -> str:
    """What is to be done, as the ward says it."""
    return ACTS.get(act, plain(act))


def plain(code: str) -> str:
    """A code without its punctuation."""
    return code.replace("_", " ").replace("-", " ").strip()


def sentence(code: str) -> str:
    """The same with a capital letter; a code in capitals is left alone."""
    words = act_in_words(code)
    if words.isupper():
        return words.capitalize()
    return words[:1].upper() + words[1:]
