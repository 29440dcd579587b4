"""Run ``kg`` as its users do: in this process where that is cheap, in one of its own where it matters."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from extractors.specs import SPECS
from kg.build.scaffold import SAMPLE_SETTINGS, make_project, render_config
from kg.cli.main import main

__all__ = ["LIVE", "RECORDED", "Said", "kg", "kg_process", "leave_out_the_live", "sample_shop", "whole_sample_shop"]

LIVE = frozenset({"movie night", "laundry day", "sore muscles"})
"""The intents whose answers are not recorded."""

RECORDED: Mapping[str, Mapping[str, object]] = {
    "extraction": {
        "relations": ["SATISFIED_BY", "COMPLEMENTS"],
        "max_intents": 14,
        "max_types": 8,
        # What is asked about edges was recorded for all relations together.
        "themes": False,
        "contexts": {},
    },
    "attributes": {"max_products": 0},
    # No file: a question that is not among the recorded answers fails at once instead of being asked.
    "models": {"embedded": {"path": "no-live-answers.gguf"}},
}
"""Settings under which the sample's recorded answers answer everything."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it said to machines."""
        return json.loads(self.out)


def kg(*arguments: object, environ: Mapping[str, str] | None = None) -> Said:
    """Run a command in this process, by way of its real entry point."""
    out, err = io.StringIO(), io.StringIO()
    loggers = [logging.getLogger(name) for name in ("kg", "extractors", "linkers")]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    code: object = 0
    with (
        mock.patch.object(sys, "argv", ["kg", *map(str, arguments)]),
        mock.patch.dict(os.environ, dict(environ or {})),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.level, logger.propagate = handlers, level, propagate
    assert isinstance(code, int)
    return Said(code, out.getvalue(), err.getvalue())


def kg_process(*arguments: object, timeout: float = 240, **environ: str) -> Said:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "kg.cli.main", *map(str, arguments)],
        env={**os.environ, **environ}, capture_output=True, text=True, check=False, timeout=timeout,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


def whole_sample_shop(folder: Path, **more: Mapping[str, object]) -> Path:
    """Make the sample shop with everything that is recorded, but for the three intents that are asked live."""
    limits = {"relations": [relation.value for relation in SPECS], "max_intents": 1000}
    extraction = {**SAMPLE_SETTINGS["extraction"], **limits}
    config = sample_shop(folder, **{"extraction": extraction, "attributes": SAMPLE_SETTINGS["attributes"], **more})
    leave_out_the_live(folder)
    return config


def leave_out_the_live(folder: Path) -> None:
    """Take the intents that are asked live out of the sample shop in ``folder``."""
    intents = folder / "sample" / "intents.csv"
    lines = intents.read_text(encoding="utf-8").splitlines(keepends=True)
    intents.write_text("".join(line for line in lines if line.split(",")[1] not in LIVE), encoding="utf-8")


def sample_shop(folder: Path, **more: Mapping[str, object]) -> Path:
    """Make the sample shop in ``folder``, asking nothing live; return its configuration. ``more``: other settings."""
    make_project(folder, sample=True)
    values: dict[str, dict[str, object]] = {}
    for part in (SAMPLE_SETTINGS, RECORDED, more):
        for section, settings in part.items():
            values.setdefault(section, {}).update(settings)
    (folder / "config.yaml").write_text(render_config(values))
    return folder / "config.yaml"
