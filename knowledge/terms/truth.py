"""Three-valued logic (Kleene): what was not measured is None, never False."""

from typing import TypeAlias

Truth: TypeAlias = bool | None


def all_of(*statements: Truth) -> Truth:
    """Do all of these hold? False as soon as one is false, unknown when the rest leaves it open."""
    if False in statements:
        return False
    return None if None in statements else True


def any_of(*statements: Truth) -> Truth:
    """Does one of these hold? True as soon as one is true, unknown when the rest leaves it open."""
    if True in statements:
        return True
    return None if None in statements else False
