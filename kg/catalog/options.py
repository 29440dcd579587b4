"""The settings of the catalogue room: where the files are, what their columns mean, how much may be wrong."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kg.config import Options

__all__ = ["AttributeOptions", "CatalogOptions", "EngagementOptions", "FileFormat", "IntentOptions"]

FileFormat = Literal["auto", "csv", "tsv", "jsonl", "parquet"]


class CatalogOptions(Options):
    """How to read the catalogue and how to name its product types."""

    files: tuple[str, ...] = Field(
        default=(), description="The catalogue's files, in the order in which the first of two equal ids wins."
    )
    format: FileFormat = Field(
        default="auto", description="auto: by the file name (.csv .tsv .jsonl .parquet, text ones also .gz)."
    )
    columns: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Our field -> the column in the file, where the usual names are not recognised.",
    )
    delimiter: str = Field(
        default="", max_length=1, description="What separates CSV fields; empty: found from the header line."
    )
    encoding: str = Field(default="utf-8", description="How text files are encoded, for example cp1252.")
    max_reject_share: float = Field(
        default=0.05, ge=0.0, le=1.0, description="The run stops when more than this share of rows is refused."
    )
    types_table: str | None = Field(
        default=None, description="A corrected copy of types_table.csv; its names beat the derived ones."
    )
    min_type_support: int = Field(
        default=2, ge=1, description="Products that must share a phrase before it names a product type."
    )
    memory_mb: int = Field(
        default=64, ge=64, description="Memory the out-of-core engine may use, in MB; the rest goes to disk."
    )


class AttributeOptions(Options):
    """What products are tagged with: diet, audience, scent and so on, by rules, and by a model where those fail."""

    vocabulary: str | None = Field(
        default=None, description="A YAML file of your own attributes, values and words, laid over ours."
    )
    max_products: int = Field(
        default=0,
        ge=0,
        description="Products, most popular first, of which a model is asked what rules cannot read; 0: none.",
    )
    description_chars: int = Field(
        default=300, ge=0, le=2000, description="Characters of a description that a question may hold."
    )
    shard_questions: int = Field(default=500, ge=1, description="Questions in one resumable piece of work.")
    memory_mb: int = Field(
        default=64, ge=64, description="Memory the out-of-core engine may use, in MB; the rest goes to disk."
    )


class IntentOptions(Options):
    """Where the intents come from."""

    file: str = Field(default="", description="Intents: id, name, kind, description, popularity. Empty: none.")


class EngagementOptions(Options):
    """What shoppers bought together."""

    file: str = Field(default="", description="Pairs of products: a_id, b_id, pairs, a_count, b_count. Empty: none.")
    orders: int = Field(
        default=0, ge=0, description="Orders the pairs were counted in; 0: unknown, then lift is estimated."
    )
    min_pairs: int = Field(
        default=3, ge=1, description="Pairs of types seen together less often than this are left out."
    )
    max_reject_share: float = Field(
        default=0.05, ge=0.0, le=1.0, description="The run stops when more than this share of rows is refused."
    )
