"""What a real Neo4j means to do with a query: its plan, an operator at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import neo4j

from kg.store.driver import GraphStore

__all__ = ["Plan", "plan_of"]


@dataclass(frozen=True)
class Plan:
    """An operator, what it reads, and the operators it reads from; all of them, this one first, when iterated."""

    operator: str
    details: str
    children: tuple[Plan, ...]

    def __iter__(self) -> Iterator[Plan]:
        yield self
        for child in self.children:
            yield from child


def plan_of(store: GraphStore, text: LiteralString, parameters: Mapping[str, object]) -> Plan:
    """Return the plan of a query, which is not run."""

    def explain(tx: neo4j.ManagedTransaction) -> Any:
        return tx.run("EXPLAIN " + text, dict(parameters)).consume().plan

    with store._driver.session(database=store.info().database) as session:
        return _read(session.execute_read(explain))


def _read(plan: dict[str, Any]) -> Plan:
    children = tuple(map(_read, plan.get("children", ())))
    return Plan(plan["operatorType"].split("@")[0], str(plan.get("args", {}).get("Details", "")), children)
