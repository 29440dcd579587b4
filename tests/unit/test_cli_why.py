"""``kg why``: what it says of an edge."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from kg.model import Level, NodeKind, Relation
from kg.store.answers import Match, Why, WhyEdge
from tests.parts.commands import kg, sample_shop


def _said(folder: Path, monkeypatch: pytest.MonkeyPatch, **given: Any) -> str:
    """Return what ``kg why`` prints of an edge with these properties; the graph and the build are stand-ins."""
    values: dict[str, Any] = {
        "relation": Relation.COMPLEMENTS, "level": Level.TYPE,
        "source_kind": NodeKind.TYPE, "source_id": "printer", "source_name": "printers",
        "target_kind": NodeKind.TYPE, "target_id": "ink", "target_name": "ink cartridges",
        "explanation": "A printer is useless without ink.", "plausibility": 1.0, "typicality": 1.0, "confidence": 1.0,
        "rank": 1, "contexts": (), "samples": 1, "agreed": 1, "lift": None, "pairs": 0, "reviewer": "",
        "model": "small", "prompt_hash": "", "build": "b1", "h": "0" * 16,
    }  # fmt: skip
    ends = [Match(name, NodeKind.TYPE, name) for name in ("printer", "ink")]
    answer = Why(ends[0], ends[1], (WhyEdge(**(values | given)),))
    monkeypatch.setattr("kg.cli.why.open_graph", lambda _: contextlib.nullcontext())
    monkeypatch.setattr("kg.cli.why.ask_why", lambda *_: answer)
    monkeypatch.setattr("kg.cli.why.trace", lambda *_: [])
    said = kg("why", "printer", "ink", "--config", sample_shop(folder))
    assert said.code == 0, said.err
    return next(line for line in said.out.splitlines() if line.startswith("  evidence"))


def test_a_persons_own_edge_is_decided_not_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no model was asked, the evidence names the person and no samples."""
    line = _said(tmp_path, monkeypatch, samples=0, agreed=0, reviewer="Mara", model="human")
    assert line.split() == ["evidence", "decided", "by", "Mara"]


def test_samples_are_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model was asked is told with how often it agreed, then co-purchases."""
    line = _said(tmp_path, monkeypatch, samples=3, agreed=2, pairs=90, lift=3.5)
    assert line.strip() == "evidence  2 of 3 samples agreed; bought together 90 times, lift 3.5"
