"""The formats there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kg.store.export import graphml, jsonld, neo4j_admin, parquet, qa
from kg.store.export.output import Output
from kg.store.export.source import Source, Steps

__all__ = ["FORMATS", "Format", "Options"]

Options = (
    neo4j_admin.Neo4jAdminOptions
    | graphml.GraphmlOptions
    | jsonld.JsonldOptions
    | parquet.ParquetOptions
    | qa.QaOptions
)


@dataclass(frozen=True, slots=True)
class Format:
    """A format. What it writes is a folder or one file, whose name is that of the build and this ending.

    ``write`` returns the command to run next, or ``""``.
    """

    name: str
    folder: bool
    ending: str
    write: Callable[[Source, Output, Any, Steps], str]


FORMATS = {
    form.name: form
    for form in (
        Format(neo4j_admin.NAME, True, "-neo4j-admin", neo4j_admin.write),
        Format(graphml.NAME, False, ".graphml", graphml.write),
        Format(jsonld.NAME, False, "-jsonld.jsonl", jsonld.write),
        Format(parquet.NAME, True, "-parquet", parquet.write),
        Format(qa.NAME, True, "-qa", qa.write),
    )
}
