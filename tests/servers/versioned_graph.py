"""Write nodes and relationships of chosen generations, without the loader: what readers may and may not see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from kg.store.driver import GraphStore
from kg.store.kinds import search_words
from tests.servers.fixtures import run

__all__ = ["Version", "VersionedGraph", "serve"]

Version = tuple[int, int | None]
"""The generation something shows from, and the one it is gone from."""


_KNOWN: dict[str, Any] = {
    "explanation": "Because.", "plausibility": 0.9, "typicality": 0.8, "confidence": 0.7, "rank": 1, "samples": 3,
    "agreed": 2, "pairs": 0, "reviewer": "", "model": "model-x", "prompt_hash": "abc", "build": "b1",
}  # fmt: skip


@dataclass
class VersionedGraph:
    """Collects what to write; ``write`` does it in one query a label or a kind of relationship."""

    nodes: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    edges: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def node(self, label: str, key: str, version: Version = (1, None), **props: Any) -> None:
        """Add a node; its name is made of its id unless one is given."""
        name = "title" if label == "Product" else "name"
        words = props.get(name, key.replace("-", " "))
        since, until = version
        self.nodes[label].append(
            {name: words, "search": search_words(words), **props, "id": key, "h": "h", "since": since} | _until(until)
        )

    def edge(
        self, kind: tuple[str, str, str], ends: tuple[str, str], version: Version = (1, None), **props: Any
    ) -> None:
        """Add a relationship of ``kind``: label, type, label."""
        since, until = version
        props = {**_KNOWN, **props, "h": "h", "since": since} | _until(until)
        self.edges[kind].append({"s": ends[0], "t": ends[1], "props": props})

    def write(self, store: GraphStore, generation: int) -> None:
        """Write everything, and let readers see ``generation``."""
        for label, nodes in self.nodes.items():
            run(store, f"UNWIND $rows AS row CREATE (n:{label}) SET n += row", rows=nodes)
        for (source, relation, target), rows in self.edges.items():
            text = f"MATCH (s:{source} {{id: row.s}}) MATCH (t:{target} {{id: row.t}}) CREATE (s)-[r:{relation}]->(t)"
            run(store, f"UNWIND $rows AS row {text} SET r += row.props", rows=rows)
        serve(store, generation)


def serve(store: GraphStore, generation: int | None) -> None:
    """Let readers see ``generation``; ``None``: nothing was published yet."""
    props = {
        "generation": generation,
        "newest": generation,
        "build": f"build-{generation}",
        "schema": 3,
        "counts": "{}",
    }
    run(store, "MERGE (m:KgMeta {id: 'current'}) SET m += $props", props=props)


def _until(until: int | None) -> dict[str, int]:
    return {} if until is None else {"until": until}
