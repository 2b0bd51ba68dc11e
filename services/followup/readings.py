"""Everything in a history that a safety rule reads, in the order in which it was drawn."""

from services.followup.bedside import drugs, pictures, symptoms
from services.followup.blood import alp, calcium, filtration, phosphate, pth, vitamin_d
from services.followup.results import ALP
from services.followup.urine import urine_calcium
from services.followup.view import Reading, View


def readings(view: View) -> list[Reading]:
    """What was measured, seen and told, each with the rules it calls up."""
    of_calcium = list(calcium(view))
    found = [
        *phosphate(view),
        *of_calcium,
        *urine_calcium(view),
        *pth(view, of_calcium),
        *filtration(view),
        *(reading for key in ALP for reading in alp(view, key)),
        *vitamin_d(view),
        *pictures(view),
        *symptoms(view),
        *drugs(view),
    ]
    return sorted(found, key=lambda reading: (reading.at, reading.key))
