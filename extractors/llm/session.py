"""From settings to askers: endpoints or the embedded model, limits, budget, cache; opened and closed together."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

from extractors.llm import client, embedded, weights
from extractors.llm.asker import Asker
from extractors.llm.budget import Budget
from extractors.llm.cache import AnswerCache
from extractors.llm.endpoint import Connect, Endpoint
from extractors.llm.keeper import Keeper
from extractors.llm.leases import owner_name
from extractors.llm.limiter import Limiter
from extractors.llm.options import BatchOptions, ModelOptions, Role
from extractors.llm.prices import Prices
from extractors.llm.stats import AskerStats

__all__ = ["Askers", "FetchWeights", "open_asker", "open_askers"]

FetchWeights = Callable[[str], Path]
"""Fetches a model's weights by name, showing progress if the caller can."""


@dataclass(frozen=True, slots=True)
class Askers:
    """One asker for each role; roles with the same model share it, and all share cache and budget."""

    propose: Asker
    verify: Asker
    explain: Asker

    def of(self, role: Role) -> Asker:
        """Return the asker of a role."""
        return {"propose": self.propose, "verify": self.verify, "explain": self.explain}[role]

    @property
    def stats(self) -> AskerStats:
        """What was asked of all of them."""
        each = {id(asker): asker.stats for asker in (self.propose, self.verify, self.explain)}
        return reduce(add, each.values())

    @property
    def model(self) -> str:
        """The models that speak in a statement, in the order of the roles."""
        return ", ".join(dict.fromkeys((self.propose.model, self.verify.model, self.explain.model)))


@contextmanager
def open_askers(
    options: ModelOptions,
    answers: Path,
    recorded: Path | None = None,
    fetch_weights: FetchWeights = weights.fetch,
    *,
    per_prompt: int = 1,
    retry_dead: bool = False,
) -> Generator[Askers]:
    """Yield the askers over the answer cache at ``answers``, filled from the ``recorded`` export if there is one.

    A model is connected to, or started, when the first question has no cached answer.

    Raises:
        ArtefactError: the cache or the recorded answers cannot be read.
        ConfigError: the budget is in money and a model has no price.
    """
    with ExitStack() as opened:
        cache = AnswerCache(answers)
        opened.callback(cache.close)
        if recorded is not None:
            cache.import_file(recorded)
        names = dict.fromkeys((options.propose, options.verify, options.explain))
        free = [options.filed_as(name) for name in names if options.named(name).is_embedded]
        budget = Budget(options.budget, Prices(options.prices, free))
        budget.check(*map(options.filed_as, names))
        made: dict[str, Asker] = {}
        for name in (options.propose, options.verify, options.explain):
            if name not in made:
                owner = owner_name()
                keeper = Keeper(cache, owner)
                opened.callback(keeper.close)
                endpoint = _endpoint(options, name, budget, opened, fetch_weights)
                made[name] = Asker(
                    endpoint=endpoint,
                    cache=cache,
                    owner=owner,
                    keeper=keeper,
                    temperature=options.named(name).temperature,
                    per_prompt=per_prompt,
                    retry_dead=retry_dead,
                    batch=BatchOptions() if options.named(name).is_embedded else options.batch,
                )
        yield Askers(made[options.propose], made[options.verify], made[options.explain])


@contextmanager
def open_asker(
    options: ModelOptions,
    answers: Path,
    recorded: Path | None = None,
    fetch_weights: FetchWeights = weights.fetch,
) -> Generator[Asker]:
    """Yield the asker that proposes: all there is where roles do not matter. See :func:`open_askers`."""
    with open_askers(options, answers, recorded, fetch_weights) as askers:
        yield askers.propose


def _endpoint(
    options: ModelOptions, name: str, budget: Budget, opened: ExitStack, fetch_weights: FetchWeights
) -> Endpoint:
    """Return the endpoint of a model; what it opens is closed with ``opened``."""
    of = options.named(name)
    limiter = Limiter(of.limits, of.max_concurrency)
    filed_as = options.filed_as(name)
    connections = opened.enter_context(ExitStack())  # closed after the endpoint, which waits for what is under way
    endpoint = Endpoint(
        model=filed_as,
        connect=_connect(options, name, limiter, connections, fetch_weights),
        limiter=limiter,
        budget=budget,
        max_concurrency=of.max_concurrency,
        max_tries=of.max_tries,
        limits=of.limits,
    )
    opened.callback(endpoint.close)
    return endpoint


def _connect(
    options: ModelOptions, name: str, limiter: Limiter, opened: ExitStack, fetch_weights: FetchWeights
) -> Connect:
    of = options.named(name)

    def connect() -> client.Client:
        base_url = of.base_url
        if of.is_embedded:
            known = options.embedded
            server = embedded.start(weights.find(known.model, known.path) or fetch_weights(known.model), known)
            opened.callback(server.stop)
            base_url = server.base_url
        chat = client.connect(of, options.filed_as(name), base_url, limiter.observe)
        opened.callback(chat.close)
        return chat

    return connect
