"""Project type-level edges onto products: guarded, ranked, the top k, out of core.

For an edge A -> B every product of A (or the intent A) reaches the best products of B that no guard refuses. Within B:
in stock first, then popularity (0..1 within the type, plus a small bonus for the source's brand and, among substitutes,
for what the two share of what is preferred: the same flavour, the same form), then id. Over
target types: each one's best product by the edges' rank (pinned first, then confidence), then each one's second best,
and so on. All orders are total, so the bytes depend on neither threads nor hash seeds.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from kg.catalog.sizes import steps
from kg.catalog.vocabulary import PREFERRED
from kg.graph import queries
from kg.graph.engine import literal, need, opened, put
from kg.graph.features import LIKES, Catalogue, compute_features
from kg.graph.guards import Guard, guards_for, reads
from kg.graph.names import PROJECTED
from kg.graph.options import ProjectionOptions
from kg.graph.report import GuardDrop, ProjectionReport
from kg.graph.type_edges import TypeEdges, edge_name, read_type_edges
from kg.graph.type_tables import put_edges, put_pools
from kg.model import Drop, NodeKind, Relation, StageCounts
from kg.records import atomic_path, write_jsonl

__all__ = ["project"]

_log = logging.getLogger(__name__)
_PARAMETER = re.compile(r"\$([a-z_]+)")
_ROWS_PER_MB = 2000  # candidates of one chunk: about a quarter of the memory, the rest is for sorting them

_CHUNKS = """
UPDATE edge SET chunk = c.chunk FROM (
  SELECT source, (sum(cost) OVER (ORDER BY source ROWS UNBOUNDED PRECEDING) // $budget)::INTEGER AS chunk FROM (
    SELECT e.source, $cost * count(e.edge) * coalesce(any_value(s.n), 0) AS cost FROM edge e
    LEFT JOIN (SELECT type, count(*) AS n FROM sources GROUP BY type) s ON s.type = e.source
    WHERE e.relation = $relation GROUP BY e.source)) c
WHERE edge.source = c.source AND edge.relation = $relation"""
_CHUNK_LIST = "SELECT chunk, count(*) FROM edge WHERE relation = $relation GROUP BY chunk ORDER BY chunk"
_PER_RELATION = """
SELECT e.relation, count(*) FROM result r JOIN edge e USING (edge) GROUP BY e.relation ORDER BY e.relation"""
_EMPTY = """
SELECT edge, CASE WHEN type NOT IN (SELECT type FROM product) THEN 'no_products'
  WHEN source NOT IN (SELECT type FROM source) THEN 'no_source'
  WHEN pool = -1 THEN 'qualifier' ELSE 'guards' END
FROM edge WHERE edge NOT IN (SELECT edge FROM result) ORDER BY edge"""
_WHY = {
    "guards": "the guards refuse every pair of products: see guard_drops.jsonl",
    "no_products": "the catalogue has no product of the target type",
    "no_source": "the catalogue has no product of the source type",
    "outranked": "other edges of the same sources filled the top k",
    "qualifier": "no product of the target type carries a qualifier that must be honoured",
}


def project(
    products: Path | Catalogue,
    edges: Path,
    options: ProjectionOptions,
    out: Path,
    progress: Callable[[int], None] | None = None,
) -> ProjectionReport:
    """Write ``product_edges.parquet``, ``guard_drops.jsonl`` and ``drops.jsonl`` into ``out``.

    ``products`` is the catalogue's Parquet file, alone or with its tags and what they mean; ``edges`` are the checked
    type-level edges as JSON lines.
    ``progress`` gets increments in type-level edges that add up to ``counts.taken``.

    Raises:
        ArtefactError: an input is missing or does not fit, or the memory limit is too small.
    """
    catalogue = products if isinstance(products, Catalogue) else Catalogue(products)
    given = read_type_edges(edges, options.hard_qualifiers, catalogue.traits)
    for path in (catalogue.products, *catalogue.tags):
        need(path)
    advance = progress or _nothing
    advance(len(given.drops))
    with opened(out, options.memory_limit_mb, options.threads) as engine:
        return _Projection(engine, options, given, advance).run(catalogue, out)


def _nothing(_: int) -> None:
    """Ignore progress that nobody asked for."""


_Refused = list[tuple[int, int, str, str]]  # edge, product pairs, the first pair's ids


class _Projection:
    """One run: the tables live in ``engine``, the reports here."""

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        options: ProjectionOptions,
        given: TypeEdges,
        advance: Callable[[int], None],
    ) -> None:
        self.engine = engine
        self.options = options
        self.given = given
        self.advance = advance
        self.drops = list(given.drops)
        self.guard_drops: list[GuardDrop] = []
        self.reached: set[int] = set()

    def run(self, catalogue: Catalogue, out: Path) -> ProjectionReport:
        self._load(catalogue)
        present = {edge.relation for edge in self.given.edges}
        for relation in PROJECTED:
            if relation in present:
                self._relation(relation)
        self._explain_empty()
        order = sorted(self.guard_drops, key=lambda d: (d.relation, d.source_id, d.target_id, d.guard))
        self.drops.sort(key=lambda drop: (drop.item, drop.rule, drop.reason))
        with atomic_path(out / "product_edges.parquet") as temporary:
            self.engine.execute(queries.OUTPUT.format(path=literal(temporary)))
        write_jsonl(out / "guard_drops.jsonl", order)
        write_jsonl(out / "drops.jsonl", self.drops)
        return self._report()

    def _load(self, catalogue: Catalogue) -> None:
        """Fill the tables that all relations share."""
        given = self.given
        ends = {edge.source_id for edge in given.edges if edge.source_kind is NodeKind.TYPE}
        ends |= {edge.target_id for edge in given.edges}
        types = {name: number for number, name in enumerate(sorted(ends), 1)}
        put(self.engine, "wanted", {"name": ("VARCHAR", list(types)), "type": ("INTEGER", list(types.values()))})
        pools = sorted(set(given.pools), key=lambda pool: (pool.type_id, pool.soft, pool.hard))
        features = compute_features(self.engine, catalogue, types, pools)
        put_edges(self.engine, given, types, features, self.options.fallback_factor)
        put_pools(self.engine, features, types)
        values = {"products": str(catalogue.products), "in_stock_first": self.options.in_stock_first}
        for statement in queries.SETUP:
            self.engine.execute(statement, _only(statement, values))

    def _relation(self, relation: Relation) -> None:
        """Project the edges of one relation, in chunks of whole source types."""
        guards = guards_for(relation, self.options.guards)
        liked = self._liked(relation)
        values = self._values(relation) | liked
        for statement in (*queries.signatures(reads(guards), list(liked)), *queries.HEADS):
            self.engine.execute(statement, _only(statement, values))
        budget = self.options.memory_limit_mb * _ROWS_PER_MB
        self.engine.execute(_CHUNKS, {"relation": relation.value, "cost": 2 * values["head"], "budget": budget})
        chunks = self.engine.execute(_CHUNK_LIST, {"relation": relation.value}).fetchall()
        for chunk, edges in chunks:
            values["chunk"] = chunk
            self._count_refused(relation, guards, values)
            for statement in (
                queries.allowed(guards),
                *queries.BEST,
                *queries.near(liked),
                queries.CANDIDATES,
                queries.PLACED,
                queries.RESULT,
            ):
                self.engine.execute(statement, _only(statement, values))
            self.reached |= {row[0] for row in self.engine.execute("SELECT DISTINCT edge FROM placed").fetchall()}
            self.advance(edges)
        _log.info("projected %s: %s type edges in %s chunks", relation, sum(n for _, n in chunks), len(chunks))

    def _liked(self, relation: Relation) -> dict[str, float]:
        """Return the weights of what is preferred, by column: a matter of substitutes only."""
        if relation is not Relation.SUBSTITUTES:
            return {}
        weights = self.options.preferences
        return {column: weights[name] for column, name in zip(LIKES, PREFERRED, strict=True) if weights[name] > 0}

    def _values(self, relation: Relation) -> dict[str, Any]:
        options = self.options
        return {
            "relation": relation.value,
            "per_group": options.per_group,
            "per_type": options.per_type,
            "head": options.per_type + options.per_group,
            "branded": options.brand_bonus > 0,
            "brand_bonus": options.brand_bonus,
            "size_steps": steps(options.size_factor),
            "variants": "variant" in options.guards,
            "top_k": options.top_k[relation],
        }

    def _count_refused(self, relation: Relation, guards: list[Guard], values: Mapping[str, Any]) -> None:
        for guard in guards:
            query = queries.refused(guard) if guard.reads else queries.variants(guard)
            rows: _Refused = self.engine.execute(query, _only(query, values)).fetchall()
            for number, pairs, source, target in rows:
                edge = self.given.edges[number]
                self.guard_drops.append(
                    GuardDrop(
                        relation=relation,
                        source_id=edge.source_id,
                        target_id=edge.target_id,
                        guard=guard.name,
                        pairs=pairs,
                        example_source=source,
                        example_target=target,
                        reason=guard.reason,
                    )
                )

    def _explain_empty(self) -> None:
        """Turn every type-level edge without a product edge into a drop that says why."""
        rows: list[tuple[int, str]] = self.engine.execute(_EMPTY).fetchall()
        for number, rule in rows:
            found = "outranked" if rule == "guards" and number in self.reached else rule
            self.drops.append(Drop("project", edge_name(self.given.edges[number]), found, _WHY[found]))

    def _report(self) -> ProjectionReport:
        relations = dict(self.engine.execute(_PER_RELATION).fetchall())
        guards: Counter[str] = Counter()
        for drop in self.guard_drops:
            guards[drop.guard] += drop.pairs
        taken = len(self.given.edges) + len(self.given.drops)
        return ProjectionReport(
            counts=StageCounts(taken=taken, kept=taken - len(self.drops), dropped=len(self.drops)),
            rows=sum(relations.values()),
            relations=relations,
            guards=dict(sorted(guards.items())),
            drops=dict(sorted(Counter(drop.rule for drop in self.drops).items())),
        )


def _only(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that ``statement`` names: the engine refuses others."""
    named = set(_PARAMETER.findall(statement))
    return {name: value for name, value in values.items() if name in named}
