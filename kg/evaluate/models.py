"""Compare two models by what the pipeline made of their answers to the same questions.

Pure functions over artefacts: statements, links, verdicts, edges, failures, and each model's yes-probability on every
pair that either of them named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from kg.evaluate.resampling import Estimate, kappa, plain_share, share, spearman
from kg.model import Edge, Failure, Link, Relation, Statement, Verdict, VerdictKind

__all__ = ["Agreement", "Asking", "Figures", "RelationAgreement", "Run", "agreement", "edge_key", "figures"]

EdgeKey = tuple[Relation, str, str, str]
"""Relation, kind and id of the source, id of the target."""
_REFUSED, _DEAD = {"refused"}, {"bad reply", "cut short"}


@dataclass(frozen=True, slots=True)
class Asking:
    """What asking came to. Tokens and money are those of the answers, whenever they were made.

    What follows is known of questions that a comparison has asked itself: ``live`` were answered, ``mended`` of them
    only when asked a second time, and ``buried`` became dead letters; all took ``live_s`` seconds. ``money`` is
    ``None`` if unknown.
    """

    subjects: int = 0
    questions: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: Decimal | None = None
    live: int = 0
    mended: int = 0
    buried: int = 0
    live_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """One model's artefacts. ``name`` is what the configuration calls it, ``model`` what its answers are filed under.

    ``links`` and ``verdicts`` are by statement id; so is ``judged``: the probability of yes on its own statements and
    on those of the other.
    """

    name: str
    model: str
    asking: Asking
    statements: Sequence[Statement] = ()
    links: Mapping[str, Link] = field(default_factory=dict[str, Link])
    verdicts: Mapping[str, Verdict] = field(default_factory=dict[str, Verdict])
    edges: Sequence[Edge] = ()
    failures: Sequence[Failure] = ()
    judged: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Figures:
    """One model.

    Of the questions that were asked live, some had a usable reply ``at_once``, some ``after_repair``. Of all
    questions, some are ``dead`` letters, ``refused`` or ``unanswered`` (endpoint, budget). ``kept``, ``review`` and
    ``dropped`` are shares of its statements; ``edges`` is what was left after the checks of the whole graph.
    """

    name: str
    model: str
    subjects: int
    questions: int
    at_once: Estimate
    after_repair: Estimate
    dead: Estimate
    refused: Estimate
    unanswered: Estimate
    statements: int
    names_per_subject: float | None
    linked: Estimate
    kept: Estimate
    review: Estimate
    dropped: Estimate
    edges: int
    prompt_tokens: int
    completion_tokens: int
    money: Decimal | None
    money_per_edge: Decimal | None
    seconds_per_question: float | None


@dataclass(frozen=True, slots=True)
class RelationAgreement:
    """One relation: the edges of each and of both; how alike (Jaccard, 0..1) linked targets and kept edges are."""

    relation: Relation
    edges_a: int
    edges_b: int
    edges_both: int
    linked: Estimate
    kept: Estimate


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two models agree.

    ``linked`` and ``kept`` are Jaccard coefficients over all relations; ``a_kept_by_b`` is the share of A's edges that
    B keeps too, ``b_kept_by_a`` the other way round. On the ``shared`` statements that both made, ``same_side`` is the
    share with both plausibilities on one side of the threshold, ``plausibility`` their rank correlation. On all pairs
    that both have judged, ``verdict`` is the share of equal yes or no, ``kappa`` the same beyond chance.
    """

    relations: tuple[RelationAgreement, ...]
    linked: Estimate
    kept: Estimate
    a_kept_by_b: Estimate
    b_kept_by_a: Estimate
    shared: int
    same_side: Estimate
    plausibility: float | None
    verdict: Estimate
    kappa: Estimate


class _Subject(NamedTuple):
    """Whom something is said about: what hangs together."""

    relation: Relation
    kind: str
    id: str


def figures(run: Run) -> Figures:
    """Return what one model's artefacts amount to."""
    asking, verdicts = run.asking, run.verdicts
    reasons = Counter(failure.reason for failure in run.failures)
    refused = sum(reasons[reason] for reason in _REFUSED)
    dead = sum(reasons[reason] for reason in _DEAD)

    def part(test: Callable[[Statement], bool]) -> Estimate:
        return _share(run.statements, test)

    def judged(kind: VerdictKind) -> Estimate:
        return part(lambda statement: _kind(verdicts, statement) is kind)

    edges = len(run.edges)
    return Figures(
        name=run.name,
        model=run.model,
        subjects=asking.subjects,
        questions=asking.questions,
        at_once=plain_share(asking.live - asking.mended, asking.live + asking.buried),
        after_repair=plain_share(asking.mended, asking.live + asking.buried),
        dead=plain_share(dead, asking.questions),
        refused=plain_share(refused, asking.questions),
        unanswered=plain_share(len(run.failures) - dead - refused, asking.questions),
        statements=len(run.statements),
        names_per_subject=round(len(run.statements) / asking.subjects, 2) if asking.subjects else None,
        linked=part(lambda statement: _target(run, statement) is not None),
        kept=judged(VerdictKind.KEEP),
        review=judged(VerdictKind.REVIEW),
        dropped=judged(VerdictKind.DROP),
        edges=edges,
        prompt_tokens=asking.prompt_tokens,
        completion_tokens=asking.completion_tokens,
        money=asking.money,
        money_per_edge=round(asking.money / edges, 6) if asking.money is not None and edges else None,
        seconds_per_question=round(asking.live_s / asking.live, 3) if asking.live else None,
    )


def agreement(a: Run, b: Run, thresholds: Mapping[Relation, float], relations: Sequence[Relation]) -> Agreement:
    """Return how far two models agree. ``thresholds`` are the plausibilities from which a claim may be kept."""
    linked = _linked(a), _linked(b)
    kept = {edge_key(edge) for edge in a.edges}, {edge_key(edge) for edge in b.edges}
    own = _plausibilities(a), _plausibilities(b)
    statements = {each.id: each for each in (*a.statements, *b.statements)}
    shared = [statements[name] for name in sorted(own[0].keys() & own[1].keys())]
    crossed = [statements[name] for name in sorted(a.judged.keys() & b.judged.keys() & statements.keys())]

    def yes(statement: Statement, said: Mapping[str, float]) -> bool:
        return said[statement.id] >= thresholds[statement.relation]

    return Agreement(
        relations=tuple(_of_relation(relation, kept, linked) for relation in relations),
        linked=_jaccard(*linked),
        kept=_jaccard(*kept),
        a_kept_by_b=_covered(*kept),
        b_kept_by_a=_covered(*reversed(kept)),
        shared=len(shared),
        same_side=_share(shared, lambda each: yes(each, own[0]) == yes(each, own[1])),
        plausibility=spearman([own[0][each.id] for each in shared], [own[1][each.id] for each in shared]),
        verdict=_share(crossed, lambda each: yes(each, a.judged) == yes(each, b.judged)),
        kappa=kappa(_cells(crossed, lambda each: (yes(each, a.judged), yes(each, b.judged)))),
    )


def edge_key(edge: Edge) -> EdgeKey:
    """Return what makes two models' edges the same one."""
    return edge.relation, edge.source_kind, edge.source_id, edge.target_id


def _of_relation(
    relation: Relation, kept: tuple[set[EdgeKey], set[EdgeKey]], linked: tuple[set[EdgeKey], set[EdgeKey]]
) -> RelationAgreement:
    edges_a, edges_b = ({key for key in keys if key[0] is relation} for keys in kept)
    targets = ({key for key in keys if key[0] is relation} for keys in linked)
    return RelationAgreement(
        relation, len(edges_a), len(edges_b), len(edges_a & edges_b), _jaccard(*targets), _jaccard(edges_a, edges_b)
    )


def _kind(verdicts: Mapping[str, Verdict], statement: Statement) -> VerdictKind | None:
    verdict = verdicts.get(statement.id)
    return verdict.verdict if verdict else None


def _target(run: Run, statement: Statement) -> str | None:
    link = run.links.get(statement.id)
    return link.target_id if link else None


def _linked(run: Run) -> set[EdgeKey]:
    found = ((each, _target(run, each)) for each in run.statements)
    return {(each.relation, each.subject_kind, each.subject_id, target) for each, target in found if target is not None}


def _plausibilities(run: Run) -> dict[str, float]:
    return {each.id: each.plausibility for each in run.statements if each.plausibility is not None}


def _share(statements: Iterable[Statement], test: Callable[[Statement], bool]) -> Estimate:
    hits: Counter[_Subject] = Counter()
    cases: Counter[_Subject] = Counter()
    for each in statements:
        subject = _Subject(each.relation, each.subject_kind, each.subject_id)
        cases[subject] += 1
        hits[subject] += test(each)
    return _counted(hits, cases)


def _jaccard(left: set[EdgeKey], right: set[EdgeKey]) -> Estimate:
    return _counted(_by_subject(left & right), _by_subject(left | right))


def _covered(edges: set[EdgeKey], others: set[EdgeKey]) -> Estimate:
    return _counted(_by_subject(edges & others), _by_subject(edges))


def _by_subject(keys: Iterable[EdgeKey]) -> Counter[_Subject]:
    return Counter(_Subject(*key[:3]) for key in keys)


def _counted(hits: Counter[_Subject], cases: Counter[_Subject]) -> Estimate:
    subjects = sorted(cases)
    return share([hits[subject] for subject in subjects], [cases[subject] for subject in subjects])


def _cells(
    statements: Iterable[Statement], said: Callable[[Statement], tuple[bool, bool]]
) -> list[tuple[int, int, int, int]]:
    """Return for each subject how often both said yes, the first only, the second only, neither."""
    cells: defaultdict[_Subject, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for each in statements:
        cells[_Subject(each.relation, each.subject_kind, each.subject_id)][said(each)] += 1
    return [
        (found[True, True], found[True, False], found[False, True], found[False, False])
        for _, found in sorted(cells.items())
    ]
