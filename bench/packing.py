"""How many subjects may share a prompt: alignment, quality, time and tokens against k, on the embedded model.

Run with ``python -m bench.packing [--quick] [--json]``. Product types of the sample are asked what goes with them,
alone (k = 1) and with others. Quality is judged the same way for every k: the share of names that the model's own
yes/no check, which always asks alone, holds plausible (at least 0.6), and how many such names a subject gets. The model
runs live, also for k = 1, so that times compare.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.measure import arguments, publish
from extractors.extract import Extractor
from extractors.llm.options import ModelOptions
from extractors.llm.questions import Answer
from extractors.llm.session import Askers, open_askers
from extractors.options import ExtractionOptions
from extractors.prompts import load_prompt
from extractors.subjects import Subject
from kg.catalog.catalogue import read_catalog
from kg.catalog.options import CatalogOptions
from kg.model import NodeKind, ProductType, Relation
from kg.records import read_jsonl

__all__ = ["main"]

SAMPLE = Path(__file__).parents[1] / "kg" / "sample" / "products.csv"
PLAUSIBLE = 0.6


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__ or "")
    subjects = _subjects(6 if given.quick else 24)
    ks = (1, 4) if given.quick else (1, 2, 4, 8)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for k in ks:
            with open_askers(ModelOptions(), Path(name) / f"answers-{k}.sqlite", per_prompt=k) as askers:
                figures |= _measured(subjects, askers, k)
    publish("packing", {"subjects": len(subjects)}, figures, as_json=given.json)


def _subjects(count: int) -> list[Subject]:
    """Return product types of the sample, of greatest reach."""
    with tempfile.TemporaryDirectory() as name:
        read_catalog([SAMPLE], CatalogOptions(), Path(name))
        types = list(read_jsonl(Path(name) / "product_types.jsonl", ProductType))
    return [
        Subject(NodeKind.TYPE, each.id, each.name, each.name, each.category.split(" > ", 1)[0].lower())
        for each in types[:count]
    ]


def _measured(subjects: Sequence[Subject], askers: Askers, k: int) -> dict[str, float]:
    extractor = Extractor(load_prompt(Relation.COMPLEMENTS), askers, ExtractionOptions(explain_from=1.0))
    questions = [extractor.question("names", subject) for subject in subjects]
    askers.propose.ask_all([extractor.question("plausible", subjects[0], "water")])  # the model is loaded now
    before = askers.stats.prompt_tokens + askers.stats.completion_tokens, askers.stats.requests
    started = time.perf_counter()
    answers = askers.propose.ask_all(questions)
    seconds = time.perf_counter() - started
    tokens = askers.stats.prompt_tokens + askers.stats.completion_tokens - before[0]
    requests = askers.stats.requests - before[1]
    statements = extractor.extract(subjects).statements
    good = sum((statement.plausibility or 0.0) >= PLAUSIBLE for statement in statements)
    least = -(-len(subjects) // k)
    return {
        f"k{k}_answered": sum(isinstance(answer, Answer) for answer in answers) / len(subjects),
        f"k{k}_requests_over_least": round(requests / least, 3),
        f"k{k}_names_a_subject": round(len(statements) / len(subjects), 2),
        f"k{k}_plausible_share": round(good / max(1, len(statements)), 3),
        f"k{k}_plausible_names_a_subject": round(good / len(subjects), 2),
        f"k{k}_seconds_a_subject": round(seconds / len(subjects), 2),
        f"k{k}_tokens_a_subject": round(tokens / len(subjects), 1),
    }


if __name__ == "__main__":
    main()
