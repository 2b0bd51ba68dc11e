"""What somebody says of a drug that stands in no table here."""

from typing import Literal

Contents = Literal["phosphate", "active_vitamin_d", "neither"]
"""Does it hold phosphate, active vitamin D, or neither?"""
