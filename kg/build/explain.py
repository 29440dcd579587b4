"""From an edge in the graph back to what the model said, how it was linked, and which rules it passed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.build.builds import Builds
from kg.build.settings import Workspace
from kg.build.stages.base import records
from kg.build.stages.link import LinkedStatement
from kg.model import Edge, Link, NodeKind, Statement, Verdict
from kg.store.answers import WhyEdge

__all__ = ["Trace", "trace"]


@dataclass(frozen=True, slots=True)
class Trace:
    """One verdict behind an edge, with its statement and link; a person's own edge has neither (``None``)."""

    verdict: Verdict
    statement: Statement | None
    link: Link | None


def trace(workspace: Workspace, edges: Iterable[WhyEdge]) -> list[Trace]:
    """Return the statements behind ``edges``, from the artefacts of the build that is served.

    A graph that was loaded elsewhere has no artefacts here: then there is nothing to trace, which is no error.
    """
    builds = Builds(workspace.builds)
    current = builds.current()
    wanted = {_type_level(edge) for edge in edges}
    if current is None or not wanted:
        return []
    artefacts = builds.artefacts(current)
    ids = {
        statement_id
        for edge in records(artefacts.files("enrich", "edges.jsonl"), Edge)
        if (edge.relation.value, edge.source_id, edge.target_id) in wanted
        for statement_id in edge.statement_ids
    }
    said = {s.id: s for s in records(artefacts.files("extract", "statements.jsonl"), Statement) if s.id in ids}
    links = {
        line.statement_id: line.link
        for line in records(artefacts.files("link", "links.jsonl"), LinkedStatement)
        if line.statement_id in ids
    }
    return [
        Trace(verdict, said.get(verdict.statement_id), links.get(verdict.statement_id))
        for verdict in records(artefacts.files("curate", "verdicts.jsonl"), Verdict)
        if verdict.statement_id in ids
    ]


def _type_level(edge: WhyEdge) -> tuple[str, str, str]:
    """Return the type-level edge that ``edge`` is or was projected from."""
    source = edge.via_source or edge.source_id
    if edge.source_kind is NodeKind.INTENT:
        source = edge.source_id
    return (edge.relation.value, source, edge.via_target or edge.target_id)
