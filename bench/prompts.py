"""What each prompt brings on the embedded model, from the sample's recorded answers: version, hit rate, a reply.

Run with ``python -m bench.prompts > docs/prompts.md``. Nothing is asked: the sample is built from its recorded answers,
without the intents that are left to the live model.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from bench.measure import KG
from extractors.llm.filed import RecordedAnswer
from extractors.prompts import load_prompt
from extractors.specs import SPECS
from kg.model import Drop, Edge, Relation, Statement, Theme, Verdict
from kg.records import read_jsonl
from tests.parts.commands import leave_out_the_live

__all__ = ["main"]

R = TypeVar("R")
ANSWERS = Path(__file__).parents[1] / "kg" / "sample" / "answers.jsonl"
PLAUSIBLE = 0.6
HEAD = """\
# Prompts

Written by `python -m bench.prompts > docs/prompts.md`: every prompt's version, and what it brings on the embedded model
(1.5 billion parameters, 4 bits), from the sample's recorded answers. A name is a *hit* when the statement it makes is
kept in the end: named, tied to a product type of the shop, found plausible, passed by every rule. How much of what is
kept also reads true to a person is in [models.md](models.md).
"""


def main() -> None:
    """Build the sample and print the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        subprocess.run([*KG, "init", "--sample", str(folder)], check=True, stderr=subprocess.DEVNULL)
        leave_out_the_live(folder)
        built = [*KG, "build", "--quiet", "--json", "--to", "project", "--config", str(folder / "config.yaml")]
        subprocess.run(built, check=True, stdout=subprocess.DEVNULL)
        build = max((folder / "builds").glob("b*"))
        print(HEAD)
        print(_relations(build))
        print(_others(build))
        print(_replies())


def _relations(build: Path) -> str:
    """Return the table of the prompts that make statements."""
    head = ("prompt", "version", "subjects", "names each", "refused", "in the shop", "plausible", "hits")
    drops = _read(build / "extract", "drops", Drop)
    statements = _read(build / "extract", "statements", Statement)
    verdicts = {each.statement_id: each for each in _read(build / "curate", "verdicts", Verdict)}
    rows: list[Sequence[object]] = []
    for relation in SPECS:
        said = [each for each in statements if each.relation is relation]
        lost = sum(each.item.startswith(f"{relation.value}: ") for each in drops)
        subjects = {(each.subject_kind, each.subject_id) for each in said}
        linked = sum(verdicts[each.id].target_id is not None for each in said)
        plausible = sum((each.plausibility or 0.0) >= PLAUSIBLE for each in said)
        kept = sum(verdicts[each.id].verdict == "KEEP" for each in said)
        total = len(said) + lost
        shares = (_share(lost, total), _share(linked, len(said)), _share(plausible, len(said)), _share(kept, total))
        rows.append(
            (_link(relation), load_prompt(relation).hash, len(subjects), f"{total / len(subjects):.1f}", *shares)
        )
    return f"## Statements\n\n{_table(head, rows)}"


def _others(build: Path) -> str:
    """Return the table of the prompts that enrich what is kept."""
    edges = [edge for edge in _read(build / "enrich", "edges", Edge) if edge.relation is Relation.SATISFIED_BY]
    themes = _read(build / "enrich", "themes", Theme)
    placed = sum(len(theme.members) for theme in themes)
    lost = len(_read(build / "enrich", "drops", Drop))
    refused = _read(build / "tag", "drops", Drop)
    tagged = json.loads((build / "tag" / "manifest.json").read_text())["details"]
    asked, model = tagged["questions"], tagged["sources"]["model"]
    rows = [
        (
            "themes",
            f"{len({theme.intent_id for theme in themes})} intents",
            f"{len(themes)} themes",
            _share(placed, placed + lost),
        ),
        (
            "contexts",
            f"{len(edges)} edges",
            f"{sum(bool(e.contexts) for e in edges)} with a context",
            _share(sum(bool(e.contexts) for e in edges), len(edges)),
        ),
        (
            "attributes",
            f"{asked} questions",
            f"{model} tags, {len(refused)} products left untagged",
            _share(model, model + len(refused)),
        ),
        ("intents", *_proposed()),
    ]
    table = [(_link(name), load_prompt(name).hash, *rest) for name, *rest in rows]
    return "## Beside statements\n\n" + _table(("prompt", "version", "asked about", "brought", "share"), table)


def _proposed() -> tuple[str, str, str]:
    """Return of how many types intents were asked, what was named, and of how many names a kind was chosen."""
    records = [record for record in read_jsonl(ANSWERS, RecordedAnswer) if record.item.startswith("INTENTS")]
    named = [record.answer.names for record in records if record.item.endswith("[names]")]
    chosen = [record.answer.choices for record in records if record.item.endswith("[choose]")]
    kinds = sum(len(choices) == 1 for choices in chosen)
    return f"{len(named)} types", f"{sum(map(len, named))} names", _share(kinds, len(chosen))


def _replies() -> str:
    """Return one recorded reply for each step of each prompt."""
    found: dict[str, RecordedAnswer] = {}
    for record in read_jsonl(ANSWERS, RecordedAnswer):
        relation = record.item.partition(":")[0]
        step = record.item.rpartition(" [")[2].rstrip("]") if record.item.endswith("]") else ""
        found.setdefault(f"{relation} {step}".strip(), record)
    rows = [(f"`{record.item}`", _said(record)) for _, record in sorted(found.items())]
    return f"## Sample replies\n\n{_table(('question', 'reply'), rows)}"


def _said(record: RecordedAnswer) -> str:
    answer = record.answer
    if answer.yes is not None:
        return f"yes with probability {answer.yes}"
    groups = [f"{group.name}: {', '.join(map(str, group.members))}" for group in answer.groups]
    text = answer.reason or "; ".join(groups or answer.names or answer.choices) or "(nothing)"
    return text.replace("|", "/")


def _read(folder: Path, stem: str, kind: type[R]) -> list[R]:
    """Return the records of an artefact, all its parts."""
    return [each for file in sorted(folder.glob(f"{stem}*.jsonl")) for each in read_jsonl(file, kind)]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} ({part} of {whole})" if whole else "-"


def _link(name: str) -> str:
    return f"[{name.lower()}](../extractors/prompts/{name.lower()}.md)"


def _table(head: Iterable[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(tuple(head))}"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
