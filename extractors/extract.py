"""The three-step recipe: names, then a yes/no check of each, then one reason for what is worth it.

Each step is one flat list of questions over all subjects of a shard, so that a model server's slots, a
rate limit or a batch transport are used to the full. Nothing is linked here: a statement is what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from extractors.llm.asker import Asker
from extractors.llm.questions import Answer, Question, ReplyKind
from extractors.mentions import refusal
from extractors.prompts import Prompt, Step
from extractors.subjects import Subject
from kg.model import Drop, Failure, Provenance, StageCounts, Statement
from kg.records import digest
from kg.text import clean, key

__all__ = ["CODE_VERSION", "Extraction", "Extractor"]

CODE_VERSION = 1
"""Part of every shard's key: raise it when the same answers give other statements."""

_REPLIES: dict[Step, ReplyKind] = {
    "names": "names",
    "plausible": "yes_no",
    "typical": "yes_no",
    "explain": "reason",
}
_TOKENS: dict[Step, int] = {"names": 160, "plausible": 1, "typical": 1, "explain": 80}
_NAMES_FREQUENCY_PENALTY = 0.3  # small models repeat themselves in lists


@dataclass(frozen=True, slots=True)
class Extraction:
    """What came out of one shard.

    ``counts`` are in names: a subject whose names could not be had counts as one that failed; a statement
    whose check or reason failed is kept without it, and the failure is listed.
    """

    statements: tuple[Statement, ...]
    drops: tuple[Drop, ...]
    failures: tuple[Failure, ...]
    counts: StageCounts


@dataclass
class Extractor:
    """Asks about one relation. ``explain_from`` is the plausibility (0..1) that earns a reason."""

    prompt: Prompt
    asker: Asker
    explain_from: float
    progress: Callable[[int], None] | None = None
    _drops: list[Drop] = field(default_factory=list[Drop])
    _failures: list[Failure] = field(default_factory=list[Failure])

    def extract(self, subjects: Sequence[Subject]) -> Extraction:
        """Return the statements about ``subjects``, in their order and in the order the model named things.

        Raises:
            ModelError: the model refuses everything (wrong key, unknown model); answers so far are cached.
        """
        self._drops, self._failures = [], []
        named = self._names(subjects)
        unanswered = len(self._failures)
        plausible = self._ask("plausible", named, lambda s, a: replace(s, plausibility=a.yes))
        worth = [i for i, (_, s) in enumerate(plausible) if (s.plausibility or 0.0) >= self.explain_from]
        chosen = self._ask("typical", [plausible[i] for i in worth], lambda s, a: replace(s, typicality=a.yes))
        chosen = self._ask("explain", chosen, lambda s, a: replace(s, explanation=clean(a.reason)))
        statements = [statement for _, statement in plausible]
        for index, (_, statement) in zip(worth, chosen, strict=True):
            statements[index] = statement
        kept, dropped = len(statements), len(self._drops)
        counts = StageCounts(kept + dropped + unanswered, kept=kept, dropped=dropped, failed=unanswered)
        return Extraction(tuple(statements), tuple(self._drops), tuple(self._failures), counts)

    def _names(self, subjects: Sequence[Subject]) -> list[tuple[Subject, Statement]]:
        """Step one: what does the model name for each subject?"""
        out: list[tuple[Subject, Statement]] = []
        answers = self.asker.ask_all([self._question("names", subject) for subject in subjects], self.progress)
        for subject, answer in zip(subjects, answers, strict=True):
            if isinstance(answer, Failure):
                self._failures.append(answer)
            else:
                out.extend((subject, statement) for statement in self._accepted(subject, answer))
        return out

    def _accepted(self, subject: Subject, answer: Answer) -> list[Statement]:
        seen: set[str] = set()
        out: list[Statement] = []
        for rank, mention in enumerate(map(clean, answer.names), 1):
            if refused := refusal(mention, subject.name, seen):
                self._drops.append(Drop("extract", self._item(subject, mention), *refused))
                continue
            seen.add(key(mention))
            out.append(self._statement(subject, mention, rank))
        return out

    def _statement(self, subject: Subject, mention: str, rank: int) -> Statement:
        return Statement(
            id=digest(self.prompt.relation, subject.kind, subject.id, key(mention))[:16],
            relation=self.prompt.relation,
            subject_kind=subject.kind,
            subject_id=subject.id,
            subject=subject.name,
            mention=mention,
            rank=rank,
            provenance=Provenance(self.asker.model, self.prompt.hash),
        )

    def _ask(
        self,
        step: Step,
        items: Sequence[tuple[Subject, Statement]],
        use: Callable[[Statement, Answer], Statement],
    ) -> list[tuple[Subject, Statement]]:
        """Ask ``step`` about every item; put each answer to use, file each failure and keep the item as it was."""
        questions = [self._question(step, subject, statement.mention) for subject, statement in items]
        out: list[tuple[Subject, Statement]] = []
        answers = self.asker.ask_all(questions, self.progress)
        for (subject, statement), answer in zip(items, answers, strict=True):
            if isinstance(answer, Failure):
                self._failures.append(answer)
                out.append((subject, statement))
            else:
                out.append((subject, use(statement, answer)))
        return out

    def _question(self, step: Step, subject: Subject, mention: str = "") -> Question:
        return Question(
            item=f"{self._item(subject, mention)} [{step}]",
            reply=_REPLIES[step],
            messages=self.prompt.messages(step, subject.text, mention=mention, where=subject.where),
            max_tokens=_TOKENS[step],
            temperature=self.asker.temperature,
            frequency_penalty=_NAMES_FREQUENCY_PENALTY if step == "names" else 0.0,
        )

    def _item(self, subject: Subject, mention: str = "") -> str:
        name = f"{self.prompt.relation.value}: {subject.name}"
        return f"{name} -> {mention}" if mention else name
