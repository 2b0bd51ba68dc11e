"""Everything in a history that a safety rule reads, in the order in which it was drawn."""

from services.followup.bedside import drugs, pictures, symptoms
from services.followup.blood import alp, phosphate, vitamin_d
from services.followup.calcium import calcium, ionised_calcium, pth
from services.followup.filtration import filtration
from services.followup.hypocalcaemia import urgent_when_felt
from services.followup.results import ALP
from services.followup.urine import urine_calcium
from services.followup.view import Reading, View, turn


def readings(view: View) -> list[Reading]:
    """What was measured, seen and told, each with the rules it calls up."""
    of_calcium = list(calcium(view))
    ionised = list(ionised_calcium(view))
    urgent_when_felt(view, [*of_calcium, *ionised])
    found = [
        *phosphate(view),
        *of_calcium,
        *ionised,
        *urine_calcium(view),
        *pth(view, of_calcium, ionised),
        *filtration(view),
        *(reading for key in ALP for reading in alp(view, key)),
        *vitamin_d(view),
        *pictures(view),
        *symptoms(view, [*of_calcium, *ionised]),
        *drugs(view),
    ]
    return sorted(found, key=turn)
