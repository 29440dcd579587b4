"""``kg link --file``: from a file of mentions to a file of links, with what was refused beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from kg.build.link_file import Tally, link_rows, survey
from kg.build.link_output import check_name, rows_to_file, rows_to_stream
from kg.build.linking import Asked, open_linkers
from kg.catalog.rejects import RejectLog
from kg.cli.progress import StepProgress
from kg.cli.session import Session
from kg.errors import QualityGateError
from kg.model import Reject
from kg.text import clean

__all__ = ["link_file"]

_FIRST = 5  # rejects that are shown when they go to no file


def link_file(session: Session, asked: Asked, file: Path, out: Path | None, limit: int | None) -> None:
    """Link every row of ``file`` into ``out``, or onto standard output.

    Raises:
        ConfigError: the name of ``out`` does not say which format to write.
        InputError: the file cannot be read.
        QualityGateError: too many of its rows could not be read; what could is there.
    """
    if out is not None and out.exists() and out.samefile(file):
        raise click.UsageError("--out is the file itself: name another")
    if out is not None:
        check_name(out)
    found = survey(file, limit)
    tally = Tally()
    refused = None if out is None else out.with_name(f"{out.name}.rejects.jsonl")
    steps = StepProgress(quiet=session.verbosity < 0)
    linkers = open_linkers(session.workspace, asked, steps)
    with ExitStack() as opened:
        if out is None or refused is None:
            reconfigure: Callable[..., None] | None = getattr(sys.stdout, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(encoding="utf-8")  # like a file, wherever it is run
            write = rows_to_stream(sys.stdout, found.columns, terminal=sys.stdout.isatty())
            refuse = _teller(session)
        else:
            write = opened.enter_context(rows_to_file(out, found.columns))
            refuse = opened.enter_context(RejectLog(refused)).add
        for row in link_rows(linkers, found, refuse, steps, tally):
            write(row)
    if refused is not None and not tally.rejected:
        refused.unlink()
    _conclude(session, tally, out, refused if tally.rejected else None)
    share = session.workspace.settings.catalog.max_reject_share
    if tally.rejected > share * tally.taken:
        raise QualityGateError(
            f"{tally.rejected:,} of {tally.taken:,} rows could not be read; catalog.max_reject_share allows {share:.1%}"
        )


def _teller(session: Session) -> Callable[[Sequence[Reject]], None]:
    """Return what tells of the first few rejects on standard error."""
    told = 0

    def tell(rejects: Sequence[Reject]) -> None:
        nonlocal told
        for reject in rejects[: max(0, _FIRST - told)]:
            field = f"{reject.field}: " if reject.field else ""
            session.say(clean(f"{reject.file}:{reject.line}: {field}{reject.reason}; {reject.remedy}"))
        told += len(rejects)

    return tell


def _conclude(session: Session, tally: Tally, out: Path | None, refused: Path | None) -> None:
    counts = f"{tally.linked:,} linked + {tally.nil:,} NIL + {tally.rejected:,} refused"
    session.say(f"{tally.taken:,} rows = {counts}; {tally.types:,} with a type, {tally.products:,} with a product")
    if out is not None:
        session.say(f"wrote {out}" + (f"; refused rows: {refused}" if refused else ""))
