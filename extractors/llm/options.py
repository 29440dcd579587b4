"""Settings of the language model."""

from __future__ import annotations

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from kg.config import Options

__all__ = ["EmbeddedOptions", "ModelOptions"]


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


class ModelOptions(Options):
    """Which model answers, and how it is asked."""

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
    embedded: EmbeddedOptions = EmbeddedOptions()

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

    @property
    def name(self) -> str:
        """The name answers are filed under."""
        return self.model or self.embedded.model
