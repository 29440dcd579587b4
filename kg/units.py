"""A number with its unit, as product text writes it in several languages: the table of units, and the grammar."""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["FLUID", "OUNCES", "PACKS", "QUANTITY", "UNITS", "Dimension", "figure", "first_number"]


class Dimension(StrEnum):
    """What is measured. Base units: g, ml, pieces, mm, MB, W, mAh, V."""

    MASS = "mass"
    VOLUME = "volume"
    COUNT = "count"
    LENGTH = "length"
    STORAGE = "storage"
    POWER = "power"
    BATTERY = "battery"
    VOLTAGE = "voltage"


_OUNCE, _FLUID_OUNCE = 28.349523125, 29.5735295625
_OUNCE_NAMES = "oz ounce ounces onza onzas"
_PACK_NAMES = "pack packs pk pks pak pakken packung packungen"
_TABLE: tuple[tuple[Dimension, float, str], ...] = (
    (Dimension.MASS, 1e-6, "mcg ug \u00b5g \u03bcg"),
    (Dimension.MASS, 1e-3, "mg milligram milligrams milligramm milligrammes miligramos milligrammi"),
    (Dimension.MASS, 1.0, "g gr gm gms gram grams gramm gramme grammes gramo gramos grammo grammi"),
    (Dimension.MASS, 1e3, "kg kgs kilo kilos kilogram kilograms kilogramm kilogrammes kilogramos chilogrammi"),
    (Dimension.MASS, _OUNCE, _OUNCE_NAMES),
    (Dimension.MASS, 453.59237, "lb lbs pound pounds libra libras"),
    (Dimension.VOLUME, 1.0, "ml milliliter milliliters millilitre millilitres mililitros millilitri"),
    (Dimension.VOLUME, 10.0, "cl centiliter centilitre centilitres centilitros centilitri"),
    (Dimension.VOLUME, 100.0, "dl deciliter decilitre decilitri"),
    (Dimension.VOLUME, 1e3, "l ltr ltrs liter liters litre litres litro litros litri"),
    (Dimension.VOLUME, _FLUID_OUNCE, "floz"),
    (Dimension.VOLUME, 473.176473, "pt pts pint pints"),
    (Dimension.VOLUME, 946.352946, "qt qts quart quarts"),
    (Dimension.VOLUME, 3785.411784, "gal gals gallon gallons"),
    (Dimension.COUNT, 1.0, "ct cnt count counts pc pcs piece pieces pi\u00e8ce pi\u00e8ces unit units unit\u00e9s"),
    (Dimension.COUNT, 1.0, "st\u00fcck st\u00fccke stueck stk pieza piezas unidad unidades uds pezzi pz stuks"),
    (Dimension.COUNT, 1.0, _PACK_NAMES),
    (Dimension.LENGTH, 1.0, "mm millimeter millimeters millimetre millimetres millimetri"),
    (Dimension.LENGTH, 10.0, "cm centimeter centimeters centimetre centimetres cent\u00edmetros centimetri zentimeter"),
    (Dimension.LENGTH, 1e3, "m meter meters metre metres m\u00e8tre m\u00e8tres metro metros metri"),
    (Dimension.LENGTH, 25.4, "in inch inches zoll pouce pouces pulgada pulgadas pollice pollici \" '' \u201d \u2033"),
    (Dimension.LENGTH, 304.8, "ft foot feet ' \u2019 \u2032"),
    (Dimension.LENGTH, 914.4, "yd yds yard yards"),
    (Dimension.STORAGE, 1.0, "mb megabyte megabytes"),
    (Dimension.STORAGE, 1e3, "gb gigabyte gigabytes"),
    (Dimension.STORAGE, 1e6, "tb terabyte terabytes"),
    (Dimension.POWER, 1.0, "w watt watts"),
    (Dimension.POWER, 1e3, "kw kilowatt kilowatts"),
    (Dimension.BATTERY, 1.0, "mah"),
    (Dimension.BATTERY, 1e3, "ah"),
    (Dimension.VOLTAGE, 1.0, "v volt volts"),
)
UNITS = {name: (kind, size) for kind, size, names in _TABLE for name in names.split()}
"""Every unit by its name in small letters: its kind, and what one of it is in the base unit of that kind."""
OUNCES = frozenset(_OUNCE_NAMES.split())
"""The names of the plain ounce, which on a bottle is a fluid ounce."""
FLUID = _FLUID_OUNCE / _OUNCE
"""How many ml a fluid ounce has for each gram of a plain one."""
PACKS = frozenset(_PACK_NAMES.split())
"""Of the names for pieces, those of packs: what stands beside one is in each piece."""

_HALVES = {"\u00bd": 1 / 2, "\u00bc": 1 / 4, "\u00be": 3 / 4, "\u2153": 1 / 3, "\u2154": 2 / 3, "\u215b": 1 / 8}
_HALF = f"[{''.join(_HALVES)}]"
# All repeats are bounded, and the longest are possessive: no text makes the engine try again and again.
_FIGURES = r"[0-9]{1,9}+(?:[.,][0-9]{1,9}+){0,3}+(?![0-9])"
_BY = r"\s?[x\u00d7*]\s?"
QUANTITY = re.compile(
    # A number: "1,5", "1/2", "1-1/2", "1½". "5-10" and "5 to 10" say no quantity, but must be seen as a whole.
    rf"(?P<number>(?P<whole>{_FIGURES})(?:/(?P<under>[0-9]{{1,3}})(?![0-9/])"
    rf"|[ -]?(?P<over>[0-9]{{1,2}})/(?P<of>[0-9]{{1,3}})(?![0-9/])|[ ]?(?P<half>{_HALF}))?"
    rf"(?P<range>(?:[-\u2013]|\s?to\s){_FIGURES})?|(?P<alone>{_HALF}))"
    rf"(?:{_BY}(?P<second>{_FIGURES})(?:{_BY}(?P<third>{_FIGURES}))?)?"
    # Its unit, in front of which "fl." or the "er" of "6er Pack" may stand.
    r"(?P<gap>\s|-)?(?:(?P<fluid>fl\.?|fluid)[\s-]?(?=o[zu])|(?P<each>er)[\s-]?(?=pa?[ck]|set))?"
    # No letter may follow, except as in "12cmx18cm" and '24"W'.
    r"(?P<unit>(?:(?!x\s?[0-9])[^\W\d_]){1,16}+(?!(?!x\s?[0-9])\w)"
    "|(?:[\"\u201d\u2033]|''|['\u2019\u2032](?!'))(?!(?!x\\s?[0-9]|[lwhd](?!\\w))[^\\W\\d\u00bc-\u00be\u2153-\u215b]))?",
    re.IGNORECASE,
)
"""One number, what it is multiplied with, and the word after it, be it a unit or not; ``gap`` is what parts the two.

It finds a number within a model's number too: look at what stands before.
"""


def first_number(match: re.Match[str], whole: bool, pointed: bool) -> float:
    """Return the value of a ``QUANTITY``'s first number; 0: it is none. ``pointed``: a decimal point stands before."""
    if match["alone"]:
        return _HALVES[match["alone"]]
    number = figure(match["whole"], whole)
    if pointed:
        return number / 10 ** len(match["whole"]) if match["number"].isdigit() else 0.0
    if match["under"]:
        return _share(number, int(match["under"]))
    if match["over"]:
        part = _share(int(match["over"]), int(match["of"]))
        return number + part if part else 0.0
    return number + _HALVES.get(match["half"] or "", 0.0)


def figure(figures: str, whole: bool) -> float:
    """Return the value of figures with decimal or thousands marks; 0: they are no number ("1.2.3").

    A comma before three figures marks thousands; so does a point where ``whole``: nobody counts thousandths of a ml.
    """
    marks = [mark for mark in figures if mark in ".,"]
    if not marks:
        return float(figures)
    first, *middle, last = re.split("[.,]", figures)
    grouped = len(last) == 3 and len(first) <= 3 and first[0] != "0"
    if not middle:
        return float(first + last) if grouped and (whole or marks[0] == ",") else float(f"{first}.{last}")
    if any(len(group) != 3 for group in middle) or len(set(marks[:-1])) > 1:
        return 0.0
    if marks[-1] == marks[0]:
        return float("".join((first, *middle, last))) if grouped else 0.0
    return float("".join((first, *middle, ".", last)))


def _share(over: float, under: int) -> float:
    return over / under if over < under else 0.0
