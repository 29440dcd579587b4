"""The one table of rules, in the order in which they speak.

A rule is a pure function of a claim and its context that returns a finding or nothing. The first rule that
says DROP ends a claim; else the first that says REVIEW names it; a claim that passes all is kept. Rules with
``peers`` come last: they see which claims are still alive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kg.curation import rules_links, rules_peers, rules_policy, rules_text
from kg.curation.claims import Claim, Finding, RuleContext
from kg.curation.options import CurationOptions
from kg.model import VerdictKind
from kg.records import digest

__all__ = ["CODE_VERSION", "DECISION", "RULES", "Check", "Rule", "apply", "rules_version"]

CODE_VERSION = 1
"""The version of all of kg.curation but the rules: raise it when the same input may give other verdicts or edges.

It covers what has no version of its own: the critic, gathering, decisions, explanations, edges. A rule that judges
otherwise raises its own ``version`` instead.
"""
Check = Callable[[Claim, RuleContext], Finding | None]
DECISION = "decision"
"""The rule's name in the verdict on a claim that a person decided."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table. Raise ``version`` when the rule may judge differently than before.

    ``fixed`` rules keep a promise of the graph: the settings cannot soften them.
    """

    name: str
    check: Check
    version: int = 1
    fixed: bool = False
    peers: bool = False

    @property
    def what(self) -> str:
        """What a claim must satisfy, in one sentence."""
        return (self.check.__doc__ or "").strip().split("\n", 1)[0]


RULES: tuple[Rule, ...] = (
    Rule("shape", rules_links.shape, fixed=True),
    Rule("nil", rules_links.nil, fixed=True),
    Rule("self_loop", rules_links.self_loop, fixed=True),
    Rule("variant", rules_links.variant),
    Rule("weak_link", rules_links.weak_link),
    Rule("not_plain_text", rules_text.not_plain_text, version=2, fixed=True),
    Rule("model_talk", rules_text.model_talk),
    Rule("blocked", rules_policy.blocked),
    Rule("unsafe_claim", rules_policy.unsafe_claim),
    Rule("misfit", rules_policy.misfit),
    Rule("prompt_leak", rules_text.prompt_leak, version=2),
    Rule("lookalike", rules_links.lookalike),
    Rule("same_head", rules_links.same_head),
    Rule("other_department", rules_links.other_department),
    Rule("plausibility", rules_policy.plausibility),
    Rule("typicality", rules_policy.typicality),
    Rule("confidence", rules_policy.confidence),
    Rule("no_explanation", rules_text.no_explanation, fixed=True),
    Rule("short_explanation", rules_text.short_explanation),
    Rule("long_explanation", rules_text.long_explanation),
    Rule("generic_explanation", rules_text.generic_explanation),
    Rule("repetitive", rules_text.repetitive),
    Rule("contradiction", rules_text.contradiction),
    Rule("elsewhere", rules_text.elsewhere),
    Rule("copied", rules_text.copied),
    Rule("duplicate", rules_peers.duplicate, fixed=True, peers=True),
    Rule("relation_clash", rules_peers.relation_clash, fixed=True, peers=True),
    Rule("max_per_subject", rules_peers.max_per_subject, fixed=True, peers=True),
)


def apply(rule: Rule, claim: Claim, context: RuleContext) -> Finding | None:
    """Return what ``rule`` finds, with the verdict that the settings give it."""
    finding = rule.check(claim, context)
    if finding is None or rule.fixed:
        return finding
    return _adjusted(rule.name, finding, context.options)


def rules_version() -> str:
    """Return 16 hex digits for a shard's key; they change with ``CODE_VERSION``, a rule, its version or the order."""
    return digest(CODE_VERSION, [[rule.name, rule.version] for rule in RULES])[:16]


def _adjusted(name: str, finding: Finding, options: CurationOptions) -> Finding | None:
    actions: dict[str, str] = {str(rule): action for rule, action in options.rules.items()}
    match actions.get(name):
        case "off":
            return None
        case "drop":
            return Finding(VerdictKind.DROP, finding.reason)
        case "review":
            return Finding(VerdictKind.REVIEW, finding.reason)
        case _:
            return finding
