"""What a stand-in provider can be told from outside, as JSON: rules, limits, faults, prices, how batches go."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from tests.servers.provider_batch_input import BatchPlan
from tests.servers.provider_chance import Faults, Latency
from tests.servers.provider_limits import Limits
from tests.servers.provider_replies import reply_of
from tests.servers.provider_tokens import Price
from tests.servers.provider_wire import Reply

__all__ = ["Script", "ScriptedRule"]


class ScriptedRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ``reply``, or a ``fault`` by its name, for questions that hold the words ``when``, so many ``times``."""

    reply: Reply | None = None
    fault: str = ""
    when: str = ""
    times: int | None = None

    def __post_init__(self) -> None:
        if self.reply is None:
            try:
                reply_of(self.fault)
            except KeyError:
                raise ValueError(f"there is no fault called {self.fault!r}") from None


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changes to a provider's settings; what is left out stays. ``clear`` forgets the rules so far.

    The fields are those of :class:`~tests.servers.provider.Provider`, which says what they mean.
    """

    rules: list[ScriptedRule] = []
    clear: bool = False
    seed: int | UnsetType = UNSET
    api_keys: frozenset[str] | UnsetType = UNSET
    models: frozenset[str] | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    latency: Latency | UnsetType = UNSET
    faults: Faults | UnsetType | None = UNSET
    batch_plan: BatchPlan | UnsetType = UNSET
    prices: dict[str, Price] | UnsetType = UNSET
    credit: Decimal | UnsetType | None = UNSET
    context_tokens: int | UnsetType | None = UNSET
    bills_schema: bool | UnsetType = UNSET

    def settings(self) -> dict[str, object]:
        """Return the settings that are given, by name."""
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name not in {"rules", "clear"}}
        return {name: value for name, value in values.items() if value is not UNSET}
