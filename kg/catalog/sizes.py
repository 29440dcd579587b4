"""Pack sizes: found in titles, and as quantities on a logarithmic scale, so that "6 x 330 ml" and "2 L" compare."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from kg.measures import Dimension, measures, without_measures

__all__ = ["STEPS_PER_OCTAVE", "Size", "find_size", "parse_size", "steps", "without_sizes"]

# (unit, quantity): 0 is "unknown". A step is a quarter of an octave: 19 %.
Size = tuple[int, int]
STEPS_PER_OCTAVE = 4
_AROUND = " .,()"  # what may stand around a size: "12 fl. oz. (pack of 6)"
_KINDS = {Dimension.MASS: 1, Dimension.VOLUME: 2, Dimension.COUNT: 3, Dimension.LENGTH: 4}

_FOUND = re.compile(
    # The digit stands before the look-behind: the engine skips to digits, and most fail at the unit's letter.
    r"\d(?<![a-z\d.-]\d)\d*(?:[.,]\d+)?(?: ?[x\u00d7] ?\d+(?:[.,]\d+)?)? ?(?=[cfgiklmoptw])"
    r"(?:oz|lbs?|k?g|m[glm]?|cl|l|fl oz|ct|count|cm|pack|inch|[gt]b|mah|w)(?!\w)",
    re.IGNORECASE,
)


def without_sizes(text: str) -> str:
    """Return the text with a comma in the place of every size: what stands around one is not one name."""
    return _FOUND.sub(",", text)


def find_size(title: str) -> str:
    """Return the first size that a title names, in small letters ("3 x 500 g"), or ""."""
    match = _FOUND.search(title)
    return match[0].lower() if match else ""


@lru_cache(maxsize=65_536)
def parse_size(text: str) -> Size:
    """Return the whole pack's unit and quantity (in quarter octaves of g, ml, pieces or mm); (0, 0): unknown.

    The whole text must be one size: "Size 3" and "60 x 45 cm" are not quantities.
    """
    text = " ".join(text.split())
    found = measures(text)
    if len(found) != 1 or without_measures(text).strip(_AROUND):
        return 0, 0
    unit = _KINDS.get(found[0].kind, 0)
    return (unit, steps(found[0].total)) if unit else (0, 0)


def steps(ratio: float) -> int:
    """Return ``ratio`` (above 0) in quarter octaves, rounded."""
    return round(STEPS_PER_OCTAVE * math.log2(ratio))
