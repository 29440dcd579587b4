"""Recognise columns: our field names, shop exports and merchant feeds ("g:id", "Item Group ID", "product_type")."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from kg.errors import InputError
from kg.text import normalise

__all__ = ["ATTRIBUTES", "FIELDS", "require", "resolve"]

FIELDS = (
    "id",
    "title",
    "brand",
    "category",
    "description",
    "price",
    "in_stock",
    "popularity",
    "group_id",
)
ATTRIBUTES = ("audience", "color", "compatible_with", "diet", "material", "pattern", "size")

# Normalised header -> our field; within a field the earlier name wins when a file has several.
_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "product id", "sku", "item id", "article number", "asin", "uniq id"),
    "title": ("title", "name", "product title", "product name", "item name"),
    "brand": ("brand", "brand name", "manufacturer", "vendor"),
    "category": (
        "category",
        "category path",
        "product type",
        "categories",
        "product category",
        "google product category",
        "breadcrumb",
        "breadcrumbs",
    ),
    "description": ("description", "product description", "long description", "body"),
    "price": ("price", "current price", "list price", "unit price"),
    "in_stock": ("in stock", "availability", "available", "stock", "stock status"),
    "popularity": ("popularity", "sales", "units sold", "rating count", "ratings count", "review count", "reviews"),
    "group_id": ("group id", "item group id", "parent id", "parent sku", "variant group"),
    "audience": ("audience", "age group", "gender"),
    "color": ("color", "colour"),
    "compatible_with": ("compatible with", "compatibility", "fits"),
    "diet": ("diet", "dietary", "diets"),
    "material": ("material",),
    "pattern": ("pattern",),
    "size": ("size", "pack size"),
}


def resolve(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return our field -> the column that holds it, for every field that ``header`` has.

    ``mapping`` (our field -> column) beats recognition; a field in it that is not one of ours names a new
    attribute. Names are compared without case, spaces, underscores and the feed prefix "g:".
    """
    known: dict[str, str] = {}
    for column in header:
        known.setdefault(_plain(column), column)
    out: dict[str, str] = {}
    for field, names in _NAMES.items():
        found = next((known[name] for name in names if name in known), None)
        if found is not None and found not in mapping.values():
            out[field] = found
    columns = set(header)
    out.update({field: column for field, column in mapping.items() if column in columns})
    return out


def require(file: str, header: Sequence[str], mapping: Mapping[str, str], fields: Sequence[str]) -> None:
    """Check a file's header before reading it.

    Raises:
        InputError: the mapping names a column that is not there, a column name stands twice, or one of
            ``fields`` cannot be found; says what was found and how to map it.
    """
    found = ", ".join(name or "(no name)" for name in header)
    for field, column in mapping.items():
        if column not in header:
            near = difflib.get_close_matches(column, header, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"the file has: {found}"
            raise InputError(f"there is no column {column!r}", file=file, line=1, field=f"columns.{field}", remedy=hint)
    layout = resolve(header, mapping)
    used = set(layout.values())
    doubled = sorted({name for name in header if header.count(name) > 1 and name in used})
    if doubled:
        raise InputError(
            f"two columns are called {doubled[0]!r}", file=file, line=1, remedy="rename or remove one of them"
        )
    for field in fields:
        if field not in layout:
            raise InputError(
                f"no column for {field!r} was recognised; the file has: {found}",
                file=file,
                line=1,
                remedy=f"name it in the configuration, for example columns: {{{field}: {_guess(field, header)}}}",
            )


def _plain(column: str) -> str:
    name = normalise(column)
    return name.removeprefix("g ")


def _guess(field: str, header: Sequence[str]) -> str:
    """Return the column that looks most like ``field``, or a placeholder."""
    near = difflib.get_close_matches(field, [name for name in header if name], n=1, cutoff=0.3)
    return near[0] if near else "YOUR_COLUMN"
