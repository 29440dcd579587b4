"""What every command shares: where the configuration is, how much to say, and how to print."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from kg.build.settings import Workspace, open_workspace
from kg.records import to_json

__all__ = ["Session", "echo_json", "encoder_option", "json_option", "with_session"]

P = ParamSpec("P")


@dataclass(frozen=True)
class Session:
    """One run of one command. ``verbosity``: -1 quiet, 0 normal, 1 info, 2 debug."""

    config: Path
    verbosity: int

    @functools.cached_property
    def workspace(self) -> Workspace:
        """The configuration, read when first needed."""
        return open_workspace(self.config)

    def say(self, text: str = "") -> None:
        """Tell the person at the terminal, on stderr, unless quiet."""
        if self.verbosity >= 0:
            click.echo(text, err=True)


def with_session(command: Callable[Concatenate[Session, P], Any]) -> Callable[P, Any]:
    """Add --config, -q, -v and --log-format to a command, and give it a :class:`Session`."""

    @click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        default=Path("config.yaml"),
        envvar="KG_CONFIG",
        show_default=True,
        show_envvar=True,
        help="The configuration file.",
    )
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors.")
    @click.option("-v", "--verbose", count=True, help="Say more; twice for everything.")
    @click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How to write logs.")
    @functools.wraps(command)
    def wrapped(
        config_file: Path, quiet: bool, verbose: int, log_format: str, *args: P.args, **kwargs: P.kwargs
    ) -> Any:  # noqa: ANN401
        _set_up_logging(verbose, log_format)
        return command(Session(config_file, -1 if quiet else verbose), *args, **kwargs)

    return wrapped  # pyright: ignore[reportReturnType]


encoder_option = click.option(
    "--config",
    "encoder_config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Use the encoder that this configuration names (linking.encoder), in place of the static embeddings.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document for machines.")


def echo_json(value: object) -> None:
    """Print records or plain data as one indented JSON document."""
    click.echo(json.dumps(json.loads(to_json(value)), indent=2, ensure_ascii=False))


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
            },
            ensure_ascii=False,
        )


def _set_up_logging(verbose: int, log_format: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if log_format == "json" else logging.Formatter("%(levelname)s %(message)s"))
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    for name in ("kg", "extractors", "linkers"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False
