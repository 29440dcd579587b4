r"""Quantities in product text, in several languages: "6 x 330 ml", "64-ounce", "Pack of 2", "6er Pack", "1/2 inch".

Every number is looked at once, with the word after it::

    measures("Cola, Pack of 6, 330 ml")   -> volume 330.0, 6 pieces
    measures('Baking Pan 12" x 18"')      -> length 304.8, length 457.2
    measures("WH-1000XM4, 1080p, 3-in-1") -> nothing

Text is read as :func:`kg.text.clean` leaves it: between a number and its unit stands a space, a hyphen or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod

from kg.units import FLUID, OUNCES, PACKS, QUANTITY, UNITS, Dimension, figure, first_number

__all__ = ["UNITS", "Agreement", "Dimension", "Measure", "measured", "measures", "same_measures", "without_measures"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity: ``amount`` of ONE piece, in the base unit of ``kind``, and how many ``pieces`` there are.

    ``ounces``: stated in plain ounces, which on a bottle are fluid ounces; :func:`same_measures` takes it for either.
    """

    kind: Dimension
    amount: float
    pieces: int = 1
    ounces: bool = False

    @property
    def total(self) -> float:
        """The amount of all pieces together."""
        return self.amount * self.pieces


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the measures of two texts compare.

    ``agree``: the share (0 to 1) of the kinds stated by both that agree. ``conflict``: of some kind stated by both, no
    two measures agree. ``unknown``: both state no kind.
    """

    agree: float
    conflict: bool
    unknown: bool


_NOTHING: tuple[Dimension | None, float] = (None, 0.0)
_HELD = frozenset({Dimension.MASS, Dimension.VOLUME})
_PIECES = frozenset({Dimension.COUNT})
_TOLERANCE = 0.03
_NEAR = 30  # characters between a pack and what it holds
_CLOSE, _WAYS = 3, 3  # characters between the ways to state one quantity ("12 oz (340 g)"), and how many ways
_MOST = 99_999  # pieces
_QUOTED = 80  # characters between quotation marks

_DIGIT = re.compile(r"[0-9]|[\u00bd\u00bc\u00be\u2153\u2154\u215b]")
_OF = frozenset({"of", "de", "da", "di", "an", "it", " \u00e0", "on", "et"})  # the last letters before a pack's number
_TIMES = re.compile(r"\.?,?\s?[x\u00d7*]\s?", re.IGNORECASE)
_PACK_OF = re.compile(
    "(?<![\\w\"'\u201d\u2033\u2019\u2032])"
    r"(?:pack|packs|packet|pkg|set|sets|case|box|lot|bundle|carton|paquet|jeu|ensemble|bo[i\u00ee]te|paquete|caja|juego"
    r"|confezione|conf|pacco|scatola|packung|karton|pak|verpakking|doos)\.?\s(?:of|de|da|di|van|mit|\u00e0|con|met)\s\Z",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Found:
    """What stands at one place: two measures for "12 x 18 in", none where it went into a neighbour's pieces."""

    start: int
    end: int
    measures: tuple[Measure, ...]
    pack: bool = False

    def holds(self, kinds: frozenset[Dimension]) -> bool:
        """Whether this is one quantity of ``kinds`` that no pack has multiplied yet."""
        return len(self.measures) == 1 and self.measures[0].kind in kinds and self.measures[0].pieces == 1

    def times(self, pieces: int) -> None:
        """Take the same so many times."""
        self.measures = tuple(
            [Measure(each.kind, each.amount, min(each.pieces * pieces, _MOST), each.ounces) for each in self.measures]
        )


def measures(text: str) -> tuple[Measure, ...]:
    """Return the quantities that ``text`` states, in their order.

    A pack multiplies the mass, the volume or the pieces beside it; beside a length or a voltage it is a count itself.
    """
    return measured(text)[0]


def measured(text: str) -> tuple[tuple[Measure, ...], str]:
    """Return the quantities that ``text`` states, and the words that state them."""
    if _DIGIT.search(text) is None:
        return (), ""
    found = _multiplied(text)
    words = " ".join([text[each.start : each.end] for each in found])
    return tuple([measure for each in found for measure in each.measures]), words


def without_measures(text: str) -> str:
    """Return ``text`` with a space in the place of every quantity."""
    kept: list[str] = []
    at = 0
    for found in _read(text) if _DIGIT.search(text) else ():
        kept.append(text[at : found.start])
        at = found.end
    return " ".join((*kept, text[at:]))


def same_measures(one: Sequence[Measure], other: Sequence[Measure]) -> Agreement:
    """Compare two texts' measures, kind by kind: two agree whose totals do, within 3 %.

    Plain ounces beside a volume are fluid ounces: "64 oz" is 1.89 l. The pieces of a pack are compared with a count.
    """
    mine, theirs = _by_kind(one, other), _by_kind(other, one)
    both = [kind for kind in mine if kind in theirs]
    agreed = sum(any(_equal(a, b) for a in mine[kind] for b in theirs[kind]) for kind in both)
    return Agreement(agreed / len(both) if both else 0.0, conflict=agreed < len(both), unknown=not both)


def _multiplied(text: str) -> list[_Found]:
    """Return what stands where, packs and pieces taken together with what they hold."""
    found = _read(text)
    if len(found) > 1:
        _multiply(found, [at for at, each in enumerate(found) if each.pack], _PIECES)
        _multiply(
            found, [at for at, each in enumerate(found) if each.measures and each.measures[0].kind in _PIECES], _HELD
        )
    return found


def _by_kind(own: Sequence[Measure], other: Sequence[Measure]) -> dict[Dimension, list[float]]:
    """Return the totals of each kind, as they compare with ``other``."""
    here, there = {each.kind for each in own}, {each.kind for each in other}
    fluid = Dimension.VOLUME in there - here and Dimension.MASS not in there
    totals: dict[Dimension, list[float]] = {}
    for each in own:
        if fluid and each.ounces:
            totals.setdefault(Dimension.VOLUME, []).append(each.total * FLUID)
        else:
            totals.setdefault(each.kind, []).append(each.total)
        if each.pieces > 1 and Dimension.COUNT in there - here:
            totals.setdefault(Dimension.COUNT, []).append(each.pieces)
    return totals


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= _TOLERANCE * max(one, other)


def _read(text: str) -> list[_Found]:
    """Return what stands where, every number for itself but for "500 ml x 2"."""
    out: list[_Found] = []
    ended = 0
    for match in QUANTITY.finditer(text):
        start = match.start()
        last = out[-1] if out and _TIMES.fullmatch(text, ended, start) else None
        if last is None and start and not text[start - 1].isspace() and not _begins(text, start, ended):
            continue
        found = _stated(match) or _bare(match, ended, last)
        if found is None:
            continue
        if found is not last:
            out.append(found)
        ended = found.end
    return out


def _begins(text: str, at: int, ended: int) -> bool:
    """Whether a number may begin after a character that is no space: not in a model's number, a range or a price."""
    before, beyond = text[at - 1], text[at - 2 : at - 1]
    if before == "-":
        return ended == at - 1 or not beyond.isalnum()
    if before in ".,/\u2013":
        return ended == at - 1 or not beyond.isdigit()
    return not before.isalnum() and before not in "_#$\u20ac\u00a3"


def _stated(match: re.Match[str]) -> _Found | None:
    """Return the quantities of a number with a unit after it."""
    number, unit, fluid, each = match.group("number", "unit", "fluid", "each")
    name = unit.lower() if unit else ""
    kind, size = UNITS.get("floz" if fluid else "pack" if each and name == "set" else name, _NOTHING)
    if kind is None or match["range"] or (name in _DOUBTFUL and _DOUBTFUL[name](match)):
        return None
    text, start = match.string, match.start()
    pointed = text[max(0, start - 1) : start] == "." and not (
        start > 1 and (text[start - 2].isalnum() or text[start - 2] == ".")
    )
    whole = size <= 1 and kind is not Dimension.LENGTH and kind is not Dimension.VOLTAGE
    numbers = [float(number) if number.isdigit() and not pointed else first_number(match, whole, pointed)]
    if match["second"]:
        numbers += [figure(figures, whole) for figures in match.group("second", "third") if figures]
    found = _measures(kind, size, numbers, ounces=name in OUNCES and not fluid)
    return _Found(start - pointed, match.end(), found, bool(each) or name in PACKS) if found else None


def _measures(kind: Dimension, size: float, numbers: Sequence[float], *, ounces: bool) -> tuple[Measure, ...]:
    """Return what "2 x 500 ml" or "12 x 18 in" say, given the numbers and what one of the unit is."""
    last = numbers[-1]
    if min(numbers) <= 0 or (kind is Dimension.COUNT and not last.is_integer()):
        return ()
    if kind is Dimension.LENGTH:
        return tuple([Measure(kind, number * size) for number in numbers])
    pieces = prod(numbers[:-1], start=1.0)
    return (Measure(kind, last * size, int(pieces) if pieces.is_integer() and pieces <= _MOST else 1, ounces),)


def _bare(match: re.Match[str], ended: int, last: _Found | None) -> _Found | None:
    """Return what a number without a unit says: "pack of 6", or "x 2" after ``last``, which is then multiplied."""
    text, start, end = match.string, match.start(), match.end("number")
    if last is None and text[max(0, start - 3) : start - 1].lower() not in _OF:
        return None
    after = text[end : end + 1]
    if not match["number"].isdigit() or match["second"] or after.isalnum() or after in {*"-/%"}:
        return None
    pieces = int(match["number"])
    if not 1 <= pieces <= _MOST:
        return None
    if last is not None and last.measures[0].kind is not Dimension.LENGTH:
        last.times(pieces)
        last.end = end
        return last
    lead = _PACK_OF.search(text, max(0, start - _NEAR), start)
    return (
        _Found(max(ended, lead.start()), end, (Measure(Dimension.COUNT, float(pieces)),), pack=True) if lead else None
    )


def _multiply(found: Sequence[_Found], packs: Iterable[int], kinds: frozenset[Dimension]) -> None:
    """Turn each of ``packs`` into pieces of the quantities of ``kinds`` beside it."""
    for at in packs:
        if beside := _beside(found, at, kinds):
            pieces = int(found[at].measures[0].total)
            for each in beside:
                each.times(pieces)
            found[at].measures = ()


def _beside(found: Sequence[_Found], at: int, kinds: frozenset[Dimension]) -> list[_Found]:
    """Return the quantities of ``kinds`` next to a pack: those on the nearer side, all that state the same."""
    pack = found[at]
    before = _run(pack, found[max(0, at - _WAYS) : at][::-1], kinds)
    after = _run(pack, found[at + 1 : at + 1 + _WAYS], kinds)
    if before and after:
        return before if pack.start - before[0].end <= after[0].start - pack.end else after
    return before or after


def _run(pack: _Found, side: Sequence[_Found], kinds: frozenset[Dimension]) -> list[_Found]:
    run: list[_Found] = []
    here, most = pack, _NEAR
    for each in side:
        if max(each.start - here.end, here.start - each.end) > most or each.pack or not each.holds(kinds):
            break
        run.append(each)
        here, most = each, _CLOSE
    return run


def _inches(match: re.Match[str]) -> bool:
    """Whether "in" is a preposition: "3-in-1", "set of 4 in the box"."""
    text, end = match.string, match.end()
    if match["gap"] is None or match["gap"] == "-":
        return text[end : end + 1] == "-"
    return (
        _PREPOSITION.match(text, end) is not None
        or _PACK_OF.search(text, max(0, match.start() - _NEAR), match.start()) is not None
    )


def _quoted(match: re.Match[str]) -> bool:
    """Whether a mark after a number closes a quotation, and is no sign of inches or feet."""
    text, end = match.string, match.start("unit")
    opening = {"\u201d": "\u201c", "\u2019": "\u2018"}.get(match["unit"], match["unit"][0])
    at = text.rfind(opening, max(0, end - _QUOTED), end)
    return match["gap"] is not None or (at >= 0 and not text[max(0, at - 1) : at].strip())


def _letter(match: re.Match[str]) -> bool:
    """Whether a lone letter is a clothing size or a network: "Size 8 M", "8 M US", "5G"."""
    text, start, end = match.string, match.start(), match.end()
    network = match["unit"] == "G" and match["gap"] is None and match["number"] in {"3", "4", "5"}
    return network or text[max(0, start - 5) : start].lower() == "size " or text[end : end + 3] in {" US", " UK", " EU"}


def _speed(match: re.Match[str]) -> bool:
    return match.string.startswith(("/s", "/S"), match.end())


_MARKS = ('"', "''", "\u201d", "\u2033", "'", "\u2019", "\u2032")
_PREPOSITION = re.compile(r"-|\s(?:[\s\d]|\Z|(?:a|an|the|one|your|our|this|each|all|any)\b)", re.IGNORECASE)
_DOUBTFUL: dict[str, Callable[[re.Match[str]], bool]] = {
    "in": _inches,
    "pc": lambda match: match["gap"] == " ",  # "for PC"
    **dict.fromkeys(_MARKS, _quoted),
    **dict.fromkeys(("g", "l", "m", "v", "w"), _letter),
    **dict.fromkeys(("mb", "gb", "tb"), _speed),
}
