"""From checked columns to the columns of the spool: attributes as JSON, the title's core, no missing column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from kg.catalog.columns import FIELDS
from kg.catalog.fields import Checked
from kg.catalog.titles import cores
from kg.records import to_json

__all__ = ["spool_columns"]


def spool_columns(checked: Checked, layout: Mapping[str, str]) -> dict[str, Sequence[object]]:
    """Return the columns of products.parquet but ``type_id``, and ``core``, the title's naming words."""
    columns = {field: checked.columns[field] for field in FIELDS}
    titles = cast("Sequence[str]", columns["title"])
    brands = cast("Sequence[str]", columns["brand"])
    columns["attributes"] = _attributes(checked, layout, len(titles))
    columns["core"] = cores(titles, brands)
    return columns


def _attributes(checked: Checked, layout: Mapping[str, str], size: int) -> list[str]:
    """Return one JSON object a product: the attributes that the file has a column for. The tag stage reads the rest."""
    out = ["{}"] * size
    names = sorted(field for field in layout if field not in FIELDS)
    if names:
        rows = zip(*(cast("Sequence[str]", checked.columns[name]) for name in names), strict=True)
        for at, row in enumerate(rows):
            if any(row):
                values = {name: value for name, value in zip(names, row, strict=True) if value}
                out[at] = to_json(values).decode()
    return out
