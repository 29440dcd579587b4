"""The three-step recipe: names, then a yes/no check of each, then one reason for what is worth it.

Each step is one flat list of questions over all subjects of a shard, so that a model server's slots, a
rate limit or a batch transport are used to the full. Nothing is linked here: a statement is what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from extractors.agreement import Agreed, Agreement, Named
from extractors.llm.questions import Answer, Question
from extractors.llm.session import Askers
from extractors.llm.stats import Tokens
from extractors.mentions import refusal
from extractors.options import ExtractionOptions
from extractors.packing import PACKABLE, shared_messages
from extractors.prompts import Prompt, Step
from extractors.screen import fault
from extractors.specs import step_of
from extractors.subjects import Subject
from kg.model import Drop, Evidence, Failure, Provenance, StageCounts, Statement
from kg.records import digest
from kg.text import clean, key

__all__ = ["CODE_VERSION", "Extraction", "Extractor"]

CODE_VERSION = 2
"""Part of every shard's key: raise it when the same answers give other statements."""

Item = tuple[Subject, Statement]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What came out of one shard.

    ``counts`` are in names: a subject whose names could not be had counts as one that failed; a statement
    whose check or reason failed is kept without it, and the failure is listed. A reason that may not be shown is a
    drop beside its statement, and not counted: the statement is kept without it. ``tokens`` are what all its answers
    cost when they were made, by model: ``{"m": {"answers": 2, "prompt": 90, "completion": 30}}``.
    """

    statements: tuple[Statement, ...]
    drops: tuple[Drop, ...]
    failures: tuple[Failure, ...]
    counts: StageCounts
    tokens: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])


@dataclass
class Extractor:
    """Asks about one relation."""

    prompt: Prompt
    askers: Askers
    options: ExtractionOptions
    progress: Callable[[int], None] | None = None
    _drops: list[Drop] = field(default_factory=list[Drop])
    _failures: list[Failure] = field(default_factory=list[Failure])
    _tokens: Tokens = field(default_factory=Tokens)

    def extract(self, subjects: Sequence[Subject]) -> Extraction:
        """Return the statements about ``subjects``, in their order and in the order the model named things.

        Raises:
            ModelError: the model refuses everything (wrong key, unknown model); answers so far are cached.
        """
        self._drops, self._failures, self._tokens = [], [], Tokens()
        named = self._named([subject for subject in subjects if not self._refused(subject)])
        unanswered = len(self._failures)
        plausible = self._ask("plausible", named, lambda s, a: replace(s, plausibility=a.yes))
        worth = [i for i, (_, s) in enumerate(plausible) if (s.plausibility or 0.0) >= self.options.explain_from]
        chosen = self._ask("typical", [plausible[i] for i in worth], lambda s, a: replace(s, typicality=a.yes))
        dropped = len(self._drops)
        chosen = self._ask("explain", chosen, self._explained)
        statements = [statement for _, statement in plausible]
        for index, (_, statement) in zip(worth, chosen, strict=True):
            statements[index] = statement
        kept = len(statements)
        counts = StageCounts(kept + dropped + unanswered, kept=kept, dropped=dropped, failed=unanswered)
        return Extraction(tuple(statements), tuple(self._drops), tuple(self._failures), counts, self._tokens.by_model())

    def _refused(self, subject: Subject) -> bool:
        """Drop a subject whose name is none: an instruction, an address, code. The model is not shown it."""
        refused = fault(subject.name)
        if refused is not None:
            self._drops.append(Drop("extract", self._item(subject), *refused))
        return refused is not None

    def _named(self, subjects: Sequence[Subject]) -> list[Item]:
        """Step one: what does the model name for each subject, in up to ``samples`` askings?"""
        asked = [(subject, Agreement(self.options.samples, self.options.agreed_from())) for subject in subjects]
        unsettled = asked
        for sample in range(self.options.samples):
            questions = [self.question("names", subject, sample=sample) for subject, _ in unsettled]
            answers = self.askers.propose.ask_all(questions, self.progress if sample == 0 else None)
            self._tokens.add(self.askers.propose.model, answers)
            for (subject, agreement), answer in zip(unsettled, answers, strict=True):
                self._sampled(subject, answer, agreement)
            unsettled = [(subject, agreement) for subject, agreement in unsettled if not agreement.settled]
        return [item for subject, agreement in asked for item in self._agreed(subject, agreement)]

    def _sampled(self, subject: Subject, answer: Answer | Failure, agreement: Agreement) -> None:
        if isinstance(answer, Failure):
            self._failures.append(answer)
            agreement.stop()
            return
        seen: set[str] = set()
        names: list[Named] = []
        for rank, mention in enumerate(map(clean, answer.names), 1):
            if refused := refusal(mention, subject.name, seen):
                self._drops.append(Drop("extract", self._item(subject, mention), *refused))
                continue
            seen.add(key(mention))
            names.append(Named(key(mention), mention, rank))
        agreement.add(names)

    def _agreed(self, subject: Subject, agreement: Agreement) -> list[Item]:
        out: list[Item] = []
        for name in agreement.names():
            if not name.accepted:
                detail = f"named in {name.agreed} of {name.samples} samples; {self.options.agreed_from()} are asked for"
                self._drops.append(Drop("extract", self._item(subject, name.mention), "agreement", detail))
                continue
            out.append((subject, self._statement(subject, name)))
        return out

    def _statement(self, subject: Subject, name: Agreed) -> Statement:
        return Statement(
            id=digest(self.prompt.relation, subject.kind, subject.id, key(name.mention))[:16],
            relation=self.prompt.relation,
            subject_kind=subject.kind,
            subject_id=subject.id,
            subject=subject.name,
            mention=name.mention,
            rank=name.rank,
            provenance=Provenance(self.askers.model, self.prompt.hash),
            evidence=Evidence(samples=name.samples, agreed=name.agreed),
        )

    def _ask(self, step: Step, items: Sequence[Item], use: Callable[[Statement, Answer], Statement]) -> list[Item]:
        """Ask ``step`` about every item; put each answer to use, file each failure and keep the item as it was."""
        questions = [self.question(step, subject, statement.mention) for subject, statement in items]
        out: list[Item] = []
        asker = self.askers.of(step_of(self.prompt.name, step).role)
        answers = asker.ask_all(questions, self.progress)
        self._tokens.add(asker.model, answers)
        for (subject, statement), answer in zip(items, answers, strict=True):
            if isinstance(answer, Failure):
                self._failures.append(answer)
                out.append((subject, statement))
            else:
                out.append((subject, use(statement, answer)))
        return out

    def _explained(self, statement: Statement, answer: Answer) -> Statement:
        """Return the statement with its reason, unless the reason may not be shown to anybody."""
        reason = clean(answer.reason)
        refused = fault(reason, self.prompt.instructions("explain"))
        if refused is None:
            return replace(statement, explanation=reason)
        item = f"{self.prompt.relation.value}: {statement.subject} -> {statement.mention} [explain]"
        self._drops.append(Drop("extract", item, *refused))
        return statement

    def question(self, step: Step, subject: Subject, mention: str = "", sample: int = 0) -> Question:
        """Return the question that ``step`` asks about a subject, and about a mention where the step has one."""
        spec = step_of(self.prompt.name, step)
        asker = self.askers.of(spec.role)
        messages = self.prompt.messages(step, subject.text, mention=mention, where=subject.where)
        shares = asker.per_prompt > 1 and step in PACKABLE
        return Question(
            item=f"{self._item(subject, mention)} [{step}]",
            reply=spec.reply,
            messages=shared_messages(self.prompt, step) if shares else messages,
            max_tokens=spec.max_tokens,
            temperature=asker.temperature if sample == 0 else self.options.sample_temperature,
            frequency_penalty=spec.frequency_penalty,
            sample=sample,
            line=messages[-1][1] if shares else "",
        )

    def _item(self, subject: Subject, mention: str = "") -> str:
        name = f"{self.prompt.relation.value}: {subject.name}"
        return f"{name} -> {mention}" if mention else name
