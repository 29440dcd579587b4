"""What a run did, as data: for people (the command line prints it), for machines, and for ``kg status``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from extractors.llm.options import ModelOptions
from extractors.llm.prices import Prices
from extractors.llm.replies import Usage
from extractors.llm.stats import AskerStats
from kg.build.manifest import Manifest
from kg.model import StageCounts

__all__ = ["BuildReport", "CostReport", "Quiet", "Reporter", "StageReport", "WriteReport", "cost_of", "prices_of"]


@dataclass(frozen=True, slots=True)
class StageReport:
    """One stage of a run. ``reused`` of its ``shards`` were there already."""

    name: str
    counts: StageCounts
    seconds: float
    shards: int
    reused: int
    details: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What the load changed in the graph, from the store's own counts; ``kinds`` has them by kind.

    ``generation`` is what readers see since, where they saw ``before``; 0 when they saw this build already or are not
    to see it yet. ``removed`` is what only builds showed that are not kept any more; ``kept`` of it has something of
    somebody else's on it, and ``left`` batches were not come to.
    """

    store: str
    created: int
    updated: int
    deleted: int
    unchanged: int
    seconds: float
    build: str = ""
    kinds: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    before: str = ""
    generation: int = 0
    switch_seconds: float = 0.0
    removed: int = 0
    kept: int = 0
    left: int = 0

    @property
    def writes(self) -> int:
        """Changes in all."""
        return self.created + self.updated + self.deleted


@dataclass(frozen=True, slots=True)
class CostReport:
    """Money by the price table, in ``currency``.

    ``run`` was spent by this run; ``knowledge`` is what all answers in the build cost when they were made, whoever
    paid for them, and ``per_edge`` that of each of the ``edges`` between concepts that were kept (``None``: not known
    yet). ``tokens`` are those answers and their tokens by model: ``{"m": {"answers": 2, "prompt": 90, "completion":
    30}}``. Money is ``None`` where a model has no price; ``unpriced`` names those.
    """

    currency: str
    run: Decimal | None
    knowledge: Decimal | None
    edges: int | None = None
    per_edge: Decimal | None = None
    tokens: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """One run. ``build`` is empty when it stopped before the last stage; ``gates`` lists what was missed."""

    build: str
    stages: tuple[StageReport, ...]
    answers: AskerStats
    load: WriteReport | None = None
    gates: tuple[str, ...] = ()
    cost: CostReport | None = None

    @property
    def seconds(self) -> float:
        """Wall time of the stages and the load."""
        return sum(stage.seconds for stage in self.stages) + (self.load.seconds if self.load else 0.0)


class Reporter(Protocol):
    """Is told what happens while it happens; the core draws nothing itself."""

    def started(self, name: str, total: int) -> None:
        """A stage begins; ``total`` is in the units of :meth:`advance`, 0 when it is not known."""
        ...

    def advance(self, count: int) -> None:
        """Some work of the current stage is done."""
        ...

    def finished(self, report: StageReport) -> None:
        """The current stage is done."""
        ...


class Quiet:
    """A reporter that says nothing."""

    def started(self, name: str, total: int) -> None:
        """See :class:`Reporter`."""

    def advance(self, count: int) -> None:
        """See :class:`Reporter`."""

    def finished(self, report: StageReport) -> None:
        """See :class:`Reporter`."""


def prices_of(models: ModelOptions) -> Prices:
    """Return the price table; models that run inside this process are free."""
    names = dict.fromkeys((models.propose, models.verify, models.explain))
    return Prices(models.prices, [models.filed_as(name) for name in names if models.named(name).is_embedded])


def cost_of(manifests: Mapping[str, Manifest], answers: AskerStats, models: ModelOptions) -> CostReport:
    """Return what a run and its build cost, from the tokens that the stages' manifests carry.

    Answers are counted at the price that asking them now would have: with the Batch API on, at its price.
    """
    prices = prices_of(models)
    tokens: dict[str, dict[str, int]] = {}
    for manifest in manifests.values():
        of_stage: dict[str, dict[str, int]] = manifest.details.get("tokens", {})
        for model, counts in sorted(of_stage.items()):
            known = tokens.setdefault(model, dict.fromkeys(counts, 0))
            tokens[model] = {name: known.get(name, 0) + count for name, count in counts.items()}
    unpriced = tuple(model for model in sorted(tokens) if prices.price(model) is None)
    knowledge = None if unpriced else sum((_money(prices, each, models) for each in tokens.items()), Decimal())
    edges = manifests["graph"].counts.kept if "graph" in manifests else None
    per_edge = knowledge / edges if knowledge is not None and edges else None
    return CostReport(prices.currency, answers.money, knowledge, edges, per_edge, tokens, unpriced)


def _money(prices: Prices, tokens: tuple[str, dict[str, int]], models: ModelOptions) -> Decimal:
    model, counts = tokens
    usage = Usage(counts["prompt"], counts["completion"])
    return prices.cost(model, usage, batch=models.batch.enabled) or Decimal()
