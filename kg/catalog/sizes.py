"""Pack sizes: found in titles, and as quantities on a logarithmic scale, so that "6 x 330 ml" and "2 L" compare."""

from __future__ import annotations

import math
import re
from functools import lru_cache

__all__ = ["STEPS_PER_OCTAVE", "Size", "find_size", "parse_size", "steps", "without_sizes"]

# (unit, quantity): 0 is "unknown". A step is a quarter of an octave: 19 %.
Size = tuple[int, int]
STEPS_PER_OCTAVE = 4
_MASS, _VOLUME, _COUNT, _LENGTH = 1, 2, 3, 4
_UNITS: dict[str, tuple[int, float]] = {
    "mg": (_MASS, 0.001),
    "g": (_MASS, 1.0),
    "kg": (_MASS, 1000.0),
    "oz": (_MASS, 28.349523125),
    "lb": (_MASS, 453.59237),
    "lbs": (_MASS, 453.59237),
    "ml": (_VOLUME, 1.0),
    "cl": (_VOLUME, 10.0),
    "dl": (_VOLUME, 100.0),
    "l": (_VOLUME, 1000.0),
    "fl oz": (_VOLUME, 29.5735295625),
    "ct": (_COUNT, 1.0),
    "count": (_COUNT, 1.0),
    "pack": (_COUNT, 1.0),
    "pcs": (_COUNT, 1.0),
    "mm": (_LENGTH, 1.0),
    "cm": (_LENGTH, 10.0),
    "m": (_LENGTH, 1000.0),
    "inch": (_LENGTH, 25.4),
    "in": (_LENGTH, 25.4),
}
_NUMBER = r"[0-9]{1,9}(?:[.,][0-9]{1,4})?"
_SIZE = re.compile(
    rf"(?:(?P<times>[0-9]{{1,5}}) ?[x\u00d7] ?)?(?P<number>{_NUMBER}) ?(?P<unit>fl\.? ?oz|[a-z]{{1,5}})\.?",
    re.IGNORECASE,
)

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
    match = _SIZE.fullmatch(" ".join(text.split()))
    if match is None:
        return 0, 0
    unit = _UNITS.get("fl oz" if match["unit"].lower().startswith("fl") else match["unit"].lower())
    number = float(match["number"].replace(",", ".")) * int(match["times"] or 1)
    if unit is None or number <= 0 or (match["times"] and unit[0] == _LENGTH):
        return 0, 0
    return unit[0], steps(number * unit[1])


def steps(ratio: float) -> int:
    """Return ``ratio`` (above 0) in quarter octaves, rounded."""
    return round(STEPS_PER_OCTAVE * math.log2(ratio))
