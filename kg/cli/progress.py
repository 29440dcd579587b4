"""Draws progress: a moving line on a terminal, a plain line now and then elsewhere. The only module that does."""

from __future__ import annotations

import sys
import time

import click

from kg.build.report import StageReport

__all__ = ["BytesProgress", "StepProgress", "TerminalReporter"]

_REDRAW_S = 0.1
_PLAIN_S = 30.0


class TerminalReporter:
    """A :class:`kg.build.report.Reporter` for people, on stderr."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._moving = sys.stderr.isatty()
        self._name = ""
        self._count = 0
        self._started = 0.0
        self._drawn = 0.0

    def started(self, name: str, total: int) -> None:
        """See :class:`Reporter`."""
        self._name, self._count = name, 0
        self._started = self._drawn = time.monotonic()

    def advance(self, count: int) -> None:
        """See :class:`Reporter`."""
        self._count += count
        now = time.monotonic()
        if self._quiet or now - self._drawn < (_REDRAW_S if self._moving else _PLAIN_S):
            return
        self._drawn = now
        line = f"  {self._name:<8} {self._count:,} done, {now - self._started:.0f} s"
        click.echo(f"\r\x1b[K{line}" if self._moving else line, err=True, nl=not self._moving)

    def finished(self, report: StageReport) -> None:
        """See :class:`Reporter`."""
        if self._quiet:
            return
        counts = report.counts
        parts = [f"{counts.kept:,} kept"]
        parts += [f"{value:,} {name}" for name, value in _others(report) if value]
        reused = " (as before)" if report.shards and report.reused == report.shards else ""
        start = "\r\x1b[K" if self._moving else ""
        click.echo(f"{start}  {report.name:<8} {', '.join(parts)}; {report.seconds:.1f} s{reused}", err=True)


class BytesProgress:
    """Progress of a download of known size, in megabytes."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._done, self._drawn = label, total, 0, 0.0
        self._moving = sys.stderr.isatty()

    def __call__(self, count: int) -> None:
        """Count ``count`` more bytes."""
        self._done += count
        now = time.monotonic()
        last = self._done >= self._total
        if now - self._drawn < (_REDRAW_S if self._moving else 5.0) and not last:
            return
        self._drawn = now
        share = min(self._done / self._total, 1.0)
        line = f"  {self._label}: {self._done / 1e6:,.0f} of {self._total / 1e6:,.0f} MB ({share:.0%})"
        click.echo(f"\r\x1b[K{line}" if self._moving else line, err=True, nl=not self._moving or last)


class StepProgress:
    """Progress of named steps, each of known size; what a step ends with stays on the screen."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._moving = sys.stderr.isatty()
        self._step, self._done, self._started, self._drawn = "", 0, 0.0, 0.0

    def __call__(self, step: str, count: int, total: int) -> None:
        """Count ``count`` more of the ``total`` of a step."""
        now = time.monotonic()
        if step != self._step:
            self._step, self._done, self._started, self._drawn = step, 0, now, now
        self._done += count
        last = self._done >= total
        if self._quiet or (now - self._drawn < (_REDRAW_S if self._moving else _PLAIN_S) and not last):
            return
        self._drawn = now
        line = f"  {step}: {self._done:,} of {total:,}, {now - self._started:.0f} s"
        click.echo(f"\r\x1b[K{line}" if self._moving else line, err=True, nl=not self._moving or last)
        if last:
            self._step = ""


def _others(report: StageReport) -> list[tuple[str, int]]:
    counts = report.counts
    return [("for review", counts.review), ("dropped", counts.dropped), ("failed", counts.failed)]
