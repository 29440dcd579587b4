"""Size classes: how large a pack is among the products of its own type."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from kg.catalog.sizes import Size, find_size, parse_size, steps
from kg.catalog.vocabulary import Attribute, Value
from kg.catalog.wording import Found, Reading

__all__ = ["SizeClasses", "quantity"]

_SUPPORT = 3  # packs of a type that must be known before one can be called large
_NEVER = -1_000_000  # steps below any median


def quantity(stated: str, title: str) -> Size:
    """Return the pack's unit and quantity by its stated size or, where that is no quantity, by its title."""
    size = parse_size(stated) if stated else (0, 0)
    return size if size[0] else parse_size(find_size(title))


class SizeClasses:
    """Learns the sizes of each type and unit as a histogram of quarter octaves; classes are multiples of the median."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], Counter[int]] = {}
        self._medians: dict[tuple[str, int], int | None] = {}
        self._floors: dict[str, tuple[list[int], list[str]]] = {}

    def add(self, type_id: str, size: Size) -> None:
        """Count one product; a size without a unit is none."""
        unit, at = size
        if unit and type_id:
            self._counts.setdefault((type_id, unit), Counter())[at] += 1

    def median(self, type_id: str, unit: int) -> int | None:
        """Return the lower median of a type's packs, in quarter octaves, when there are enough of them."""
        name = (type_id, unit)
        if name not in self._medians:
            self._medians[name] = _median(self._counts.get(name, Counter()))
        return self._medians[name]

    def read(self, attribute: Attribute, product: Reading, stated: str) -> list[Found]:
        """Return the class of a product's pack, if its type is known well enough."""
        unit, at = quantity(stated, product.title)
        median = self.median(product.type_id, unit) if unit else None
        if median is None:
            return []
        if attribute.name not in self._floors:
            self._floors[attribute.name] = _floors(attribute.values.values())
        floors, names = self._floors[attribute.name]
        place = bisect_right(floors, at - median) - 1
        return [Found(names[place], stated or find_size(product.title))] if place >= 0 else []


def _floors(values: Iterable[Value]) -> tuple[list[int], list[str]]:
    """Return the classes' least steps above the median, and their names, in order of size."""
    classes = sorted((steps(v.at_least) if v.at_least else _NEVER, v.name) for v in values if v.at_least is not None)
    return [floor for floor, _ in classes], [name for _, name in classes]


def _median(counts: Counter[int]) -> int | None:
    left = (counts.total() + 1) // 2
    for at in sorted(counts):
        left -= counts[at]
        if left <= 0:
            return at if counts.total() >= _SUPPORT else None
    return None
