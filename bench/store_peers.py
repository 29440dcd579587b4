"""Writers of others beside our loader: the same nodes and edges, into the same server, whole calls timed.

``python -m bench.store_peers JSON`` is one step of :mod:`bench.store`; it prints one JSON object: for each writer the
rows it sent, how many arrived, the seconds (the median of several passes in which all take turns, without the first,
in which the server compiles queries), and what it said when it failed; then how long the same takes once more, and how
many rows are there after that. Ours has the widest bounds: it reads the files, compares, writes and switches. The
others make their own objects of rows that are ready, and write all in one call, in batches as large as ours where they
have such a setting.

- ``neo4j_graphrag``: ``Neo4jWriter.run``, which CREATEs nodes and merges edges through APOC.
- ``langchain_neo4j``: ``Neo4jGraph.add_graph_documents`` with ``baseEntityLabel=True``, as its documentation advises
  for speed; ``langchain_neo4j_plain`` is without. Both merge through APOC. A document holds a batch. In
  ``langchain_neo4j_documents`` it holds a node and what it is linked to, as those are that its extractor makes.
- ``by_hand``: what is written by hand, one MERGE a row in a transaction of its own. It needs no APOC.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import Any, LiteralString, cast

import neo4j

from bench.steps import paths, step
from bench.store_server import Address, connected, serving, serving_with_apoc, session_of
from bench.store_work import batches, by_path, opened
from kg.store.delta import GraphFiles
from kg.store.driver import Row
from kg.store.kinds import EdgeKind
from kg.store.loader import Before, load

__all__ = ["PEERS", "WRITERS", "main", "serving_peers", "written"]

PEERS = ("neo4j_graphrag", "langchain_neo4j", "langchain_neo4j_plain")
"""The writers that need APOC, and take no longer than ours by far."""

_Key = tuple[str, str]  # label and id
_WIPED = 5_000
_BASE = "__Entity__"


@dataclass(frozen=True, slots=True)
class _Sample:
    """The rows of a build: nodes as (label, properties), edges as (label, id, type, label, id, properties)."""

    files: GraphFiles
    nodes: list[tuple[str, Row]]
    edges: list[tuple[str, str, str, str, str, Row]]


@contextlib.contextmanager
def serving_peers(kind: str) -> Generator[tuple[Address, tuple[str, ...]]]:
    """Yield an empty store, and those of :data:`PEERS` that can write into it: none where APOC cannot be had."""
    with contextlib.ExitStack() as stack:
        peers = PEERS
        try:
            store = stack.enter_context(serving_with_apoc() if kind == "neo4j" else serving(kind))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"no server with APOC: {error}")
            store, peers = stack.enter_context(serving(kind)), ()
        yield store, peers


def written(store: Address, sample: GraphFiles, writers: Sequence[str], passes: int) -> dict[str, Any]:
    """Let writers write the sample, as a step, and return what came of it; the store is wiped before each."""
    return step(["bench.store_peers"], address=asdict(store), files=paths(sample), writers=writers, passes=passes)


def main() -> None:
    """Let all writers take turns on one server and print what came of it."""
    logging.disable(logging.ERROR)  # one of them logs the failure that it returns
    given = json.loads(sys.argv[1])
    address, sample = Address(**given["address"]), _sample(by_path(given["files"]))
    writers: list[str] = given["writers"]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in writers}
    with opened(address), connected(address) as driver:
        for turn in range(given["passes"]):
            for name in writers if turn % 2 == 0 else reversed(writers):
                _wipe(driver, address)
                first = _timed(driver, address, sample, WRITERS[name])
                last = turn == given["passes"] - 1
                runs[name].append(first | (_again(driver, address, sample, WRITERS[name]) if last else {}))
    print(json.dumps({name: _middle(runs[name]) for name in writers}))


def _sample(files: GraphFiles) -> _Sample:
    sample = _Sample(files, [], [])
    for kind, rows in batches(files, 10_000):
        if isinstance(kind, EdgeKind):
            ends = str(kind.source), str(kind.relation), str(kind.target)
            sample.edges.extend((ends[0], row["s"], ends[1], ends[2], row["t"], row["props"]) for row in rows)
        else:
            sample.nodes.extend((str(kind.label), row["props"]) for row in rows)
    return sample


def _timed(
    driver: neo4j.Driver, address: Address, sample: _Sample, write: Callable[[Address, _Sample], str]
) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        said = write(address, sample)
    except Exception as error:  # noqa: BLE001 - whatever a peer raises is its result
        said = f"raised {type(error).__name__}: {error}"
    took = time.perf_counter() - started
    sent = len(sample.nodes) + len(sample.edges)
    return {"seconds": took, "sent": sent, "edges_sent": len(sample.edges), "said": said, **_count(driver, address)}


def _again(
    driver: neo4j.Driver, address: Address, sample: _Sample, write: Callable[[Address, _Sample], str]
) -> dict[str, Any]:
    """Write the same once more and return how long it took and how many rows are there then."""
    run = _timed(driver, address, sample, write)
    return {"again_seconds": run["seconds"], "after_again": run["arrived"]}


def _middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the last run, with the median of the seconds of all but the first, in which the server compiles."""
    return {**runs[-1], "seconds": statistics.median(run["seconds"] for run in runs[1:] or runs)}


def _wipe(driver: neo4j.Driver, address: Address) -> None:
    """Delete every node, and the constraint that one of the peers makes."""
    while _run(driver, address, "MATCH (n) WITH n LIMIT $k DETACH DELETE n RETURN count(n) AS n", k=_WIPED)[0]["n"]:
        pass
    if address.kind != "neo4j":
        return
    text = "SHOW CONSTRAINTS YIELD name, labelsOrTypes WHERE $label IN labelsOrTypes RETURN name"
    for row in _run(driver, address, text, label=_BASE):
        _run(driver, address, cast("LiteralString", f"DROP CONSTRAINT `{row['name']}`"))


def _count(driver: neo4j.Driver, address: Address) -> dict[str, int]:
    """Return what of the sample's kinds is there; a peer may write nodes without labels of ours, or twice."""
    nodes = _run(
        driver, address, "MATCH (n) WHERE n:Intent OR n:ProductType OR n:Product OR n:Theme RETURN count(n) AS n"
    )
    edges = _run(driver, address, "MATCH ()-[r]->() RETURN count(r) AS n")
    return {"arrived": nodes[0]["n"] + edges[0]["n"], "edges_arrived": edges[0]["n"]}


def _run(driver: neo4j.Driver, address: Address, text: LiteralString, **parameters: object) -> list[neo4j.Record]:
    return driver.execute_query(text, parameters, database_=address.database).records


def _ours(address: Address, sample: _Sample) -> str:
    """Load as ``kg publish`` does, which knows the files of what it loaded last."""
    with opened(address) as store:
        load(store, sample.files, "v1", before=Before("v1", sample.files))
    return ""


def _graphrag(address: Address, sample: _Sample) -> str:
    """Return what it said if it is not SUCCESS: it does not raise."""
    kinds = importlib.import_module("neo4j_graphrag.components.types")
    writers = importlib.import_module("neo4j_graphrag.components.kg_writer")
    nodes = [kinds.Neo4jNode(id=props["id"], label=label, properties=props) for label, props in sample.nodes]
    edges = [
        kinds.Neo4jRelationship(start_node_id=s, end_node_id=t, type=relation, properties=props)
        for _, s, relation, _, t, props in sample.edges
    ]
    graph = kinds.Neo4jGraph(nodes=nodes, relationships=edges)
    with connected(address) as driver:
        writer = writers.Neo4jWriter(driver=driver, neo4j_database=address.database, batch_size=address.batch)
        result = asyncio.run(writer.run(graph))
    return "" if result.status == "SUCCESS" else f"returned {result.status}: {result.metadata}"


def _langchain(address: Address, documents: Iterable[Any], *, base: bool) -> str:
    graphs = importlib.import_module("langchain_neo4j.graphs.neo4j_graph")
    login = {"url": address.uri, "username": address.user, "password": address.password, "database": address.database}
    graph = graphs.Neo4jGraph(**login, refresh_schema=False)
    try:
        graph.add_graph_documents(list(documents), baseEntityLabel=base)
    finally:
        graph.close()
    return ""


def _large(sample: _Sample, size: int) -> Iterator[Any]:
    """Yield documents of ``size`` nodes, then of as many edges."""
    kinds = importlib.import_module("langchain_neo4j.graphs.graph_document")
    nodes, edges = _objects(sample)
    given, links = iter(nodes.values()), chain.from_iterable(edges.values())
    while some := list(islice(given, size)):
        yield kinds.GraphDocument(nodes=some, relationships=[])
    while some := list(islice(links, size)):
        yield kinds.GraphDocument(nodes=[], relationships=some)


def _small(sample: _Sample) -> Iterator[Any]:
    """Yield a document for each node, with its edges and what these lead to."""
    kinds = importlib.import_module("langchain_neo4j.graphs.graph_document")
    nodes, edges = _objects(sample)
    for key, node in nodes.items():
        links = edges.get(key, [])
        yield kinds.GraphDocument(nodes=[node, *(link.target for link in links)], relationships=links)


def _objects(sample: _Sample) -> tuple[dict[_Key, Any], dict[_Key, list[Any]]]:
    """Return a peer's nodes and its edges by their source."""
    kinds = importlib.import_module("langchain_neo4j.graphs.graph_document")
    nodes: dict[_Key, Any] = {
        (label, props["id"]): kinds.Node(id=props["id"], type=label, properties=props) for label, props in sample.nodes
    }
    edges: dict[_Key, list[Any]] = {}
    for start, s, relation, end, t, props in sample.edges:
        link = kinds.Relationship(source=nodes[start, s], target=nodes[end, t], type=relation, properties=props)
        edges.setdefault((start, s), []).append(link)
    return nodes, edges


def _by_hand(address: Address, sample: _Sample) -> str:
    with connected(address) as driver, session_of(driver, address) as session:
        for label, props in sample.nodes:
            text = f"MERGE (n:{label} {{id: $id}}) SET n += $props"
            session.run(cast("LiteralString", text), id=props["id"], props=props).consume()
        for start, s, relation, end, t, props in sample.edges:
            text = (
                f"MATCH (s:{start} {{id: $s}}) MATCH (t:{end} {{id: $t}}) MERGE (s)-[r:{relation}]->(t) SET r += $props"
            )
            session.run(cast("LiteralString", text), s=s, t=t, props=props).consume()
    return ""


WRITERS: Mapping[str, Callable[[Address, _Sample], str]] = {
    "ours": _ours,
    "neo4j_graphrag": _graphrag,
    "langchain_neo4j": lambda address, sample: _langchain(address, _large(sample, address.batch), base=True),
    "langchain_neo4j_plain": lambda address, sample: _langchain(address, _large(sample, address.batch), base=False),
    "langchain_neo4j_documents": lambda address, sample: _langchain(address, _small(sample), base=True),
    "by_hand": _by_hand,
}
"""The writers by name; the first is ours."""


if __name__ == "__main__":
    main()
