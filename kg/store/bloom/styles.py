"""How nodes and relationships look: colours, icons, sizes, captions, and the rules that change them.

Colours are taken from the palette of M. Okabe and K. Ito, "Color Universal Design" (2008), which people with any kind
of colour vision can tell apart. Nothing is said by colour alone: kinds of nodes differ in icon and size as well,
relationships carry their names, and confidence is the thickness of a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kg.model import NodeKind, Relation
from kg.store.bloom.identity import number

__all__ = ["NODE_STYLES", "PALETTE", "RELATION_STYLES", "SURE", "UNSURE", "Json", "NodeStyle", "RelationStyle"]

Json = dict[str, Any]

UNSURE, SURE = 0.5, 0.8
"""Up to the first confidence a line is at its thinnest and lightest, from the second on at its thickest and darkest."""

THIN, THICK = 1, 4
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_FAINT = "#D9D9D9"
_OUT_OF_STOCK = "#A6A6A6"
# The word is written on the line, too.
_REVIEWED = {"approved": "#000000", "rejected": "#8C8C8C"}
PALETTE = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999", _FAINT)


@dataclass(frozen=True, slots=True)
class NodeStyle:
    """A category of Bloom. ``icon`` is an id of Bloom's own set; ``caption`` and ``tooltip`` name properties."""

    label: NodeKind
    name: str
    color: str
    icon: str
    size: float
    caption: str
    tooltip: tuple[str, ...]

    @property
    def rules(self) -> list[Json]:
        """Products that are out of stock are grey."""
        if self.label is not NodeKind.PRODUCT:
            return []
        return [_by_value(self.label.value, "in_stock_boolean", {False: _OUT_OF_STOCK}, [False, True], self.color)]


@dataclass(frozen=True, slots=True)
class RelationStyle:
    """A relationship type of Bloom. ``weighed``: its edges carry a confidence and may be reviewed."""

    relation: Relation
    color: str
    weighed: bool = True

    @property
    def light(self) -> str:
        """The colour of a line nobody is sure of, and of one without a confidence."""
        return _mix(self.color, _WHITE, 0.45) if self.weighed else self.color

    @property
    def dark(self) -> str:
        """The colour of a line that is sure."""
        return _mix(self.color, _BLACK, 0.25)

    @property
    def rules(self) -> list[Json]:
        """Not served any more before reviewed before confidence: Bloom applies the first that fits."""
        retired = _retired(self.relation.value)
        if not self.weighed:
            return [retired]
        reviewed = _by_value(self.relation.value, "review_string", _REVIEWED, list(_REVIEWED), self.color)
        return [retired, reviewed, _by_confidence(self)]


# Bloom names its icons by ids. These are the ones that Neo4j's published examples use for customers, categories,
# products and subcategories.
NODE_STYLES = (
    NodeStyle(
        NodeKind.INTENT, "Intent", "#E69F00", "1BA78CC1-ED89-46D5-9D2B-D78DC944A59D", 2, "name",
        ("name", "kind", "description"),
    ),
    NodeStyle(
        NodeKind.TYPE, "Product type", "#0072B2", "31421C6E-67A1-4D50-A2B2-1D518A52A77B", 1, "name",
        ("name", "category", "products"),
    ),
    NodeStyle(
        NodeKind.PRODUCT, "Product", "#56B4E9", "FA9AE13A-828B-45DD-AF5A-425015F25808", 0.5, "title",
        ("title", "brand", "price", "in_stock"),
    ),
    NodeStyle(
        NodeKind.THEME, "Heading", "#CC79A7", "188D6D5F-1F2F-4450-AFCE-DAD25647E791", 1, "name", ("name",),
    ),
)  # fmt: skip
RELATION_STYLES = (
    RelationStyle(Relation.SATISFIED_BY, "#D55E00"),
    RelationStyle(Relation.COMPLEMENTS, "#009E73"),
    RelationStyle(Relation.SUBSTITUTES, "#0072B2"),
    RelationStyle(Relation.PAIRS_WITH, "#CC79A7"),
    RelationStyle(Relation.IS_A, "#999999", weighed=False),
    RelationStyle(Relation.HAS_THEME, "#999999", weighed=False),
    RelationStyle(Relation.IN_THEME, "#999999", weighed=False),
)


def _by_confidence(style: RelationStyle) -> Json:
    """A range: thin and light at :data:`UNSURE`, thick and dark at :data:`SURE`, in between in between."""
    points = {
        "minPoint": "0", "maxPoint": "1", "minSizeValue": str(UNSURE), "maxSizeValue": str(SURE),
        "minColorValue": str(UNSURE), "maxColorValue": str(SURE), "condition": "between",
    }  # fmt: skip
    colors = {"minColor": style.light, "midColor": style.color, "maxColor": style.dark, "color": style.color}
    applied = {"applyColor": True, "applySize": True, "minSize": THIN, "maxSize": THICK}
    return _rule(style.relation.value, "range", "confidence_number", {**points, **colors, **applied})


def _retired(owner: str) -> Json:
    """A line of a version that readers are not served any more: ``until`` is there."""
    where = {"condition": "greater-than", "conditionValue": "0"}
    captions = [_caption(owner, "relationship"), _caption("until", "property")]
    look = {"color": _FAINT, "size": THIN, "applyColor": True, "applySize": True, "applyCaption": True}
    return _rule(owner, "single", "until_bigint", {**where, **look, "captions": captions})


def _by_value(owner: str, based_on: str, colors: dict[Any, str], values: list[Any], default: str) -> Json:
    """A colour of its own for some values of a property."""
    mapped = [{"value": value, "color": color, "hasMore": False} for value, color in colors.items()]
    return _rule(
        owner,
        "unique-values",
        based_on,
        {"valuesMapper": mapped, "existingValues": values, "applyColor": True, "color": default},
    )


def _rule(owner: str, kind: str, based_on: str, changes: Json) -> Json:
    return {
        "id": f"rule:{number('rule', owner, based_on)}", "type": kind, "basedOn": based_on,
        "size": THIN, "minSize": THIN, "maxSize": THICK, "color": _FAINT,
        "minColor": _FAINT, "midColor": _FAINT, "maxColor": _FAINT,
        "minPoint": "unprocessed", "maxPoint": "unprocessed",
        "minSizeValue": "", "maxSizeValue": "", "minColorValue": "", "maxColorValue": "",
        "applyColor": False, "applySize": False, "applyCaption": False,
        "captions": [], "textAlign": "top", "textSize": 1,
        "isTimeZoneConvertEnabled": False, "selectedTimeZone": "Z", "valuesMapper": [], "existingValues": [],
        "condition": "between", "conditionValue": "", "rangeValue": None,
        **changes,
    }  # fmt: skip


def _caption(key: str, kind: str) -> Json:
    return {"key": key, "type": kind, "isCaption": True, "inTooltip": True, "styles": []}


def _mix(color: str, other: tuple[int, int, int], share: float) -> str:
    """Return ``color`` (#RRGGBB) with ``share`` of ``other`` in it."""
    parts = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a * (1 - share) + b * share):02X}" for a, b in zip(parts, other, strict=True))
