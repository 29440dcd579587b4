"""tag: products -> what they are tagged with, by rules, and by a model where those find nothing and it may be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from extractors.llm.asker import Asker
from extractors.llm.session import Askers
from extractors.llm.stats import Tokens
from extractors.prompts import load_prompt
from extractors.specs import step_of
from extractors.tags import TAGS_VERSION, Unread, ask_tags, unread_of
from kg.build.shards import Outcome, Progress, Shard
from kg.build.stages.base import Artefacts
from kg.catalog.options import AttributeOptions
from kg.catalog.tagging import PRODUCT_COLUMNS, Tagger, product_rows, tag_products
from kg.catalog.tags import write_tags
from kg.catalog.vocabulary import Vocabulary
from kg.records import digest, write_jsonl

__all__ = ["TagStage"]

_VERSION = 1
_POPULAR = f"""
SELECT {PRODUCT_COLUMNS} FROM read_parquet($products)
ORDER BY CASE WHEN isfinite(popularity) THEN popularity ELSE 0 END DESC, id LIMIT $most"""


@dataclass(frozen=True)
class TagStage:
    """One shard for the rules, which compare products of a type, then pieces of up to ``shard_questions`` questions.

    The rules' counts are products, those of the questions pairs of a product and an attribute.
    """

    vocabulary: Vocabulary
    options: AttributeOptions
    askers: Askers
    name: str = "tag"

    @property
    def waits(self) -> bool:
        """Whether a model is asked; with that off, nothing waits for one."""
        return self.options.max_products > 0

    def plan(self, before: Artefacts) -> list[Shard]:
        """See :class:`Stage`. Reads the products to ask about by the rules: what those find is not asked."""
        products = before.file("catalog", "products.parquet")
        key = digest(self.name, _VERSION, self.vocabulary.version, before.sha256("catalog", "products.parquet"))
        shards = [Shard(self.name, 0, key, payload=products)]
        unread = self._unread(products) if self.waits else []
        for start in range(0, len(unread), self.options.shard_questions):
            shards.append(self._asking(unread[start : start + self.options.shard_questions], len(shards)))
        return shards

    def __call__(self, shard: Shard, out: Path, progress: Progress | None = None) -> Outcome:
        """See :class:`Stage`."""
        return (
            self._read(shard.payload, out, progress)
            if isinstance(shard.payload, Path)
            else self._ask(shard, out, progress)
        )

    def _read(self, products: Path, out: Path, progress: Progress | None) -> Outcome:
        report = tag_products(products, self.vocabulary, out, self.options.memory_mb, progress)
        write_jsonl(out / "unknown_values.jsonl", report.unknown)
        write_jsonl(out / "drops.jsonl", ())
        write_jsonl(out / "failures.jsonl", ())
        details = {"tags": report.tags, "sources": report.sources, "unknown_values": len(report.unknown)}
        return Outcome(report.counts, details)

    def _ask(self, shard: Shard, out: Path, progress: Progress | None) -> Outcome:
        unread: Sequence[Unread] = shard.payload
        tokens = Tokens()
        asked = ask_tags(self._asker(), self.vocabulary, unread, self.options.description_chars, progress, tokens)
        write_tags(out / "tags.parquet", asked.tags, self.options.memory_mb)
        write_jsonl(out / "drops.jsonl", asked.drops)
        write_jsonl(out / "failures.jsonl", asked.failures)
        details = {
            "tags": _counted(tag.attribute for tag in asked.tags),
            "sources": {"model": len(asked.tags)},
            "questions": len(unread),
            "failed_questions": len(asked.failures),
            "tokens": tokens.by_model(),
        }
        return Outcome(asked.counts, details, complete=not asked.failures)

    def _asker(self) -> Asker:
        return self.askers.of(step_of("attributes", "choose").role)

    def _unread(self, products: Path) -> list[Unread]:
        with duckdb.connect(config={"threads": 1}) as engine:
            values = {"products": str(products), "most": self.options.max_products}
            rows = engine.execute(_POPULAR, values).fetchall()
        return unread_of(product_rows(rows, products), Tagger(self.vocabulary))

    def _asking(self, unread: list[Unread], number: int) -> Shard:
        asker = self._asker()
        settings = (asker.model, asker.temperature, self.options.description_chars, self.vocabulary.version)
        key = digest(self.name, _VERSION, TAGS_VERSION, load_prompt("attributes").hash, settings, unread)
        return Shard(self.name, number, key, payload=unread, size=len(unread))


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
