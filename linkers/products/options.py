"""Settings of the linkers of products. Every linker declares its own model; the registry names them."""

from __future__ import annotations

from pydantic import Field

from linkers.options import LinkerOptions

__all__ = ["ExactProducts", "HybridProducts", "LexicalProducts", "SemanticProducts"]


class ExactProducts(LinkerOptions):
    """Settings of ``exact``: the same title, up to case, accents and punctuation."""

    max_length: int = Field(default=500, ge=1, le=10_000, description="A mention of more characters is no name: NIL.")


class LexicalProducts(ExactProducts):
    """Settings of ``lexical``: products that share words or model numbers."""

    precision: float = Field(
        default=0.95,
        ge=0.5,
        le=0.999,
        description="Links are accepted where so many were right when the model was made.",
    )
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="A best candidate less probable than this is NIL (default: by precision)."
    )
    margin: float = Field(
        default=0.0, ge=0, le=1, description="A best candidate nearer than this to the runner-up is NIL (0: off)."
    )
    candidates: int = Field(
        default=60, ge=1, le=1_000, description="How many products that share words are compared at most."
    )
    model: str | None = Field(default=None, description="A model made by 'kg linker fit' (default: the package's).")


class HybridProducts(LexicalProducts):
    """Settings of ``hybrid``: shared words united with the nearest titles on embeddings."""

    neighbours: int = Field(default=8, ge=0, le=1_000, description="How many nearest titles join the candidates.")


class SemanticProducts(ExactProducts):
    """Settings of ``semantic``: the nearest title on embeddings, whatever the words."""

    threshold: float = Field(default=0.5, ge=0, le=1, description="A best candidate less probable than this is NIL.")
    margin: float = Field(
        default=0.0, ge=0, le=1, description="A best candidate nearer than this to the runner-up is NIL (0: off)."
    )
    neighbours: int = Field(default=20, ge=1, le=1_000, description="How many nearest titles are compared.")
    midpoint: float = Field(default=0.9, gt=0, lt=1, description="The cosine that is worth a probability of one half.")
    steepness: float = Field(default=30.0, gt=0, le=100, description="How fast the probability grows with the cosine.")
