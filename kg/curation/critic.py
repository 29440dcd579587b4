r"""The critic: from the model's raw yes-probabilities and other evidence to three scores in 0..1.

With P and T the calibrated plausibility and typicality (a score that was not asked is ``neutral``), w the
weight of plausibility, L the link's confidence, k of n samples agreeing and a co-purchase lift seen in m
pairs::

    claim      = P^w * T^(1-w)                                   weighted geometric mean: one low score pulls
    down agreement  = agreement_weight * logit((k + 1) / (n + 2))     Laplace's rule; nothing when n = 1
    engagement = weight[relation] * clip(ln(lift) * m / (m + engagement_pairs), -cap, +cap)
    confidence = L * sigmoid(logit(claim) + agreement + engagement)

Adding log-odds is Bayes' rule for evidence that is independent given the claim (I. J. Good, "Probability and
the weighing of evidence", 1950). No record of engagement is no evidence: 0. The multiplication by L reads
"the claim is true and the mention means this product type".
"""

from __future__ import annotations

import math

from kg.curation.claims import Scores
from kg.curation.options import CalibrationOptions, Platt, ScoringOptions
from kg.model import Evidence, Link, Relation, Statement, TypeSupport

__all__ = ["calibrate", "engagement_evidence", "score"]

_EDGE = 1e-6  # probabilities are kept this far from 0 and 1, so that log-odds stay finite
_DIGITS = 6


def score(statement: Statement, link: Link, support: TypeSupport | None, options: ScoringOptions) -> Scores:
    """Return the three scores of a linked statement; the formula stands in the module's docstring."""
    calibration = options.calibration.get(statement.relation, CalibrationOptions())
    plausibility = calibrate(statement.plausibility, calibration.plausibility, options.neutral)
    typicality = calibrate(statement.typicality, calibration.typicality, options.neutral)
    weight = options.plausibility_weight
    claim = plausibility**weight * typicality ** (1 - weight)
    evidence = options.agreement_weight * _agreement(statement.evidence)
    evidence += engagement_evidence(statement.relation, support, options)
    confidence = _probability(link.confidence, 0.0) * _sigmoid(_logit(claim) + evidence)
    return Scores(*(round(value, _DIGITS) for value in (plausibility, typicality, confidence)))


def calibrate(raw: float | None, platt: Platt, neutral: float) -> float:
    """Return the probability that a raw yes-probability stands for; ``neutral`` when there is none."""
    value = _probability(raw, neutral)
    if raw is None or (platt.slope == 1.0 and platt.intercept == 0.0):
        return value
    return _sigmoid(platt.slope * _logit(value) + platt.intercept)


def engagement_evidence(relation: Relation, support: TypeSupport | None, options: ScoringOptions) -> float:
    """Return what buying together says about the claim, in log-odds; 0 without a record."""
    if support is None or not (support.lift > 0 and math.isfinite(support.lift)):
        return 0.0
    shrunk = math.log(support.lift) * support.pairs / (support.pairs + options.engagement_pairs)
    capped = max(-options.engagement_cap, min(options.engagement_cap, shrunk))
    return options.engagement_weights.get(relation, 0.0) * capped


def _agreement(evidence: Evidence) -> float:
    if evidence.samples <= 1:
        return 0.0
    agreed = max(0, min(evidence.agreed, evidence.samples))
    return _logit((agreed + 1) / (evidence.samples + 2))


def _probability(value: float | None, otherwise: float) -> float:
    if value is None or math.isnan(value):
        return otherwise
    return max(0.0, min(1.0, value))


def _logit(value: float) -> float:
    inside = max(_EDGE, min(1 - _EDGE, value))
    return math.log(inside / (1 - inside))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))
