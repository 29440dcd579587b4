"""Settings of an endpoint for embeddings."""

from __future__ import annotations

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from kg.config import Options

__all__ = ["EncoderOptions"]


class EncoderOptions(Options):
    """A stronger encoder than the static embeddings: any OpenAI-compatible endpoint for embeddings."""

    base_url: str | None = Field(
        default=None, description="endpoint, e.g. http://localhost:8000/v1; unset: the static embeddings"
    )
    model: str | None = Field(default=None, description="model name at that endpoint; required with base_url")
    api_key: SecretStr | None = Field(default=None, description="key of the endpoint, best given as ${OPENAI_API_KEY}")
    dimensions: int | None = Field(
        default=None, ge=8, le=16_384, description="numbers a text, if the model can shorten; unset: as it gives them"
    )
    batch: int = Field(default=256, ge=1, le=2_048, description="texts in one request")
    max_concurrency: int = Field(default=4, ge=1, le=64, description="requests under way at once, in each process")
    timeout_s: float = Field(default=60.0, gt=0, description="seconds to wait for one answer")
    max_tries: int = Field(default=4, ge=1, le=20, description="tries for one request before it is an error")

    @field_validator("model")
    @classmethod
    def _goes_with_the_endpoint(cls, model: str | None, info: ValidationInfo) -> str | None:
        has_endpoint = info.data.get("base_url") is not None
        if model is None and has_endpoint:
            raise ValueError("required with base_url: the name of the model at that endpoint")
        if model is not None and not has_endpoint and "base_url" in info.data:
            raise ValueError("of no use without base_url, the endpoint where it is")
        return model
