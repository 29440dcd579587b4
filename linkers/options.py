"""Settings of the linkers. Every linker declares its own model; the registry names them."""

from __future__ import annotations

from pydantic import Field

from kg.config import Options

__all__ = ["ExactOptions", "HybridOptions", "LexicalOptions", "LinkerOptions", "SemanticOptions"]


class LinkerOptions(Options):
    """What every linker understands."""

    max_length: int = Field(default=200, ge=1, le=2_000, description="A mention of more characters is no name: NIL.")
    explain: int = Field(default=5, ge=0, le=50, description="How many candidates a link keeps for explaining itself.")


class ExactOptions(LinkerOptions):
    """Settings of ``exact``: the same name or alias, up to case, accents, plural and spacing."""


class LexicalOptions(LinkerOptions):
    """Settings of ``lexical``: words only, no embeddings."""

    threshold: float = Field(default=0.5, ge=0, le=1, description="A best candidate less probable than this is NIL.")
    margin: float = Field(
        default=0.0, ge=0, le=1, description="A best candidate nearer than this to the runner-up is NIL (0: off)."
    )
    candidates: int = Field(default=12, ge=1, le=1_000, description="How many candidates the word index proposes.")
    synonyms: bool = Field(default=True, description="Use the table of synonyms (linkers/types/lexicon/synonyms.txt).")
    titles: bool = Field(default=True, description="Use the words of product titles where targets carry them.")


class HybridOptions(LexicalOptions):
    """Settings of ``hybrid``: words united with the nearest names on static embeddings."""

    neighbours: int = Field(default=5, ge=0, le=1_000, description="How many nearest names join the candidates.")


class SemanticOptions(LinkerOptions):
    """Settings of ``semantic``: nearest name on static embeddings only."""

    threshold: float = Field(default=0.5, ge=0, le=1, description="A best candidate less probable than this is NIL.")
    margin: float = Field(
        default=0.0, ge=0, le=1, description="A best candidate nearer than this to the runner-up is NIL (0: off)."
    )
    midpoint: float = Field(default=0.62, gt=0, lt=1, description="The cosine that is worth a probability of one half.")
    steepness: float = Field(default=12.0, gt=0, le=100, description="How fast the probability grows with the cosine.")
