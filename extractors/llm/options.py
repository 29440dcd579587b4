"""Settings of the language models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from extractors.llm.limits_options import BudgetOptions, LimitOptions, PriceOptions
from kg.config import Options

__all__ = ["EMBEDDED", "MAIN", "BatchOptions", "EmbeddedOptions", "EndpointOptions", "ModelOptions", "Role"]

MAIN, EMBEDDED = "main", "embedded"
Role = Literal["propose", "verify", "explain"]


class EmbeddedOptions(Options):
    """The model that runs inside this process when no endpoint is configured."""

    model: str = Field(
        default="qwen2.5-coder-1.5b-instruct-q4_k_m",
        description="name of a model from 'kg model list', or any name when 'path' is set",
    )
    path: str | None = Field(default=None, description="a .gguf file of your own; nothing is fetched")
    context: int = Field(default=8192, ge=512, description="tokens of context, divided over the slots")
    slots: int = Field(default=4, ge=1, le=64, description="requests served at once")
    threads: int | None = Field(default=None, ge=1, description="CPU threads; default: all cores")


class EndpointOptions(Options):
    """A model at an endpoint, and how it is asked."""

    provider: str = Field(default="openai", description="LangChain chat provider: any OpenAI-compatible server")
    base_url: str | None = Field(
        default=None, description="endpoint, e.g. http://localhost:8000/v1; unset: the embedded model"
    )
    model: str | None = Field(default=None, description="model name at that endpoint; required with base_url")
    api_key: SecretStr | None = Field(default=None, description="key of the endpoint, best given as ${OPENAI_API_KEY}")
    temperature: float = Field(default=0.0, ge=0, le=2, description="0: the likeliest answer")
    max_concurrency: int = Field(default=4, ge=1, le=512, description="requests under way at once")
    timeout_s: float = Field(default=180.0, gt=0, description="seconds to wait for one answer")
    max_tries: int = Field(default=4, ge=1, le=20, description="tries for one question before it is a failure")
    limits: LimitOptions = LimitOptions()

    @field_validator("model")
    @classmethod
    def _named_with_endpoint(cls, model: str | None, info: ValidationInfo) -> str | None:
        if model is None and info.data.get("base_url") is not None:
            raise ValueError("required with base_url: the name of the model at that endpoint")
        return model

    @property
    def is_embedded(self) -> bool:
        """Whether the project runs the model itself."""
        return self.base_url is None and self.model is None


class BatchOptions(Options):
    """The provider's batch interface: half the price, an answer within a day."""

    enabled: bool = Field(default=False, description="send questions as batch files instead of one by one")
    max_requests: int = Field(default=50_000, ge=1, description="requests the provider allows in one file")
    max_bytes: int = Field(default=200_000_000, ge=1024, description="bytes the provider allows in one file")
    poll_s: float = Field(default=30.0, gt=0, description="seconds between two looks at a batch")
    window: str = Field(
        default="24h", pattern=r"^[1-9]\d*[hd]$", description="the time the provider is given, e.g. 24h"
    )

    @property
    def window_s(self) -> float:
        """The time the provider is given, in seconds."""
        return int(self.window[:-1]) * {"h": 3_600, "d": 86_400}[self.window[-1]]


class ModelOptions(EndpointOptions):
    """Which models answer, and how they are asked. The main model is described here, others under 'others'."""

    embedded: EmbeddedOptions = EmbeddedOptions()
    others: dict[str, EndpointOptions] = Field(
        default={}, description="further models by a name of your own, each with the settings above"
    )
    propose: str = Field(default=MAIN, description="who names products: main, embedded or a name of 'others'")
    verify: str = Field(default=MAIN, description="who checks them by yes or no; a small model may do")
    explain: str = Field(default=MAIN, description="who gives the reasons")
    budget: BudgetOptions = BudgetOptions()
    prices: PriceOptions = PriceOptions()
    batch: BatchOptions = BatchOptions()

    @model_validator(mode="after")
    def _roles_are_known(self) -> ModelOptions:
        for role in ("propose", "verify", "explain"):
            name = getattr(self, role)
            if name not in (MAIN, EMBEDDED, *self.others):
                known = ", ".join((MAIN, EMBEDDED, *sorted(self.others)))
                raise ValueError(f"{role}: no model is called {name!r}; there are: {known}")
        return self

    def named(self, name: str) -> EndpointOptions:
        """Return the settings of a model by its name.

        Raises:
            KeyError: there is none of that name.
        """
        if name == MAIN:
            return self
        return EndpointOptions() if name == EMBEDDED else self.others[name]

    def filed_as(self, name: str) -> str:
        """Return the name under which the answers of a model are kept."""
        return self.named(name).model or self.embedded.model

    @property
    def name(self) -> str:
        """The name the main model's answers are filed under."""
        return self.filed_as(MAIN)
