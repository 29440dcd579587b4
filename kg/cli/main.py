"""The ``kg`` command: finds the command that was asked for, and turns errors into exit codes.

Exit codes: 0 done; 1 an error, said on one line; 2 wrong usage or configuration; 3 finished, but a quality
gate or the failure budget was missed. Data goes to stdout, all else to stderr.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from kg.errors import KgError
from kg.text import clean

__all__ = ["cli", "main"]

# Summaries stand here so that --help imports no command (and none of their libraries).
_COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("kg.cli.init:init", "Make a new project folder, with the sample shop if you like."),
    "demo": ("kg.cli.demo:demo", "The whole way through on the sample shop."),
    "build": ("kg.cli.build:build", "Build the graph: read, ask, link, curate, project, load."),
    "estimate": ("kg.cli.estimate:estimate", "Say what asking the model will cost, before anything is spent."),
    "extract": ("kg.cli.extract:extract", "Read the catalogue and ask the model, within a budget."),
    "publish": ("kg.cli.publish:publish", "Load a finished build beside the served one, and switch to it."),
    "rollback": ("kg.cli.rollback:rollback", "Serve an earlier build again, at once."),
    "builds": ("kg.cli.builds:builds", "List the builds there are, and what the graph can be rolled back to."),
    "diff": ("kg.cli.diff:diff", "Show the edges that two builds do not share."),
    "verify": ("kg.cli.verify:verify", "Check the graph against the build's files, and repair it."),
    "export": ("kg.cli.export:export", "Write a build for other tools: Neo4j import, Parquet, JSON-LD, GraphML, Q&A."),
    "bloom": ("kg.cli.bloom:bloom", "Write the perspective that merchandisers open in Neo4j Bloom."),
    "status": ("kg.cli.status:status", "Show the current build, its counts and what the graph holds."),
    "lookup": ("kg.cli.lookup:lookup", "Ask the graph: products for an intent, complements, substitutes, pairings."),
    "why": ("kg.cli.why:why", "Show everything known about the edges between A and B."),
    "link": ("kg.cli.link:link", "Say which product type and which product a name means, or that none is."),
    "rejects": ("kg.cli.rejects:rejects", "List the input rows that were refused, with reason and remedy."),
    "config": ("kg.cli.config:config", "Print the effective configuration, secrets masked."),
    "doctor": ("kg.cli.doctor:doctor", "Check endpoint, model, graph and files, each with its remedy."),
    "model": ("kg.cli.model:model", "Fetch and list the weights of the embedded model."),
    "compare-models": (
        "kg.cli.compare_models:compare_models",
        "Ask two models the same, and report where they differ.",
    ),
    "propose-intents": (
        "kg.cli.propose_intents:propose_intents",
        "Propose intents from product types and a query log, for review.",
    ),
    "evaluate": ("kg.cli.evaluate:evaluate", "Measure how good the linker of products is, on labels of yours."),
    "linker": ("kg.cli.linker:linker", "Fit the linker of products to your shop, and show what it weighs."),
    "cache": ("kg.cli.cache:cache", "Count, export, import and prune the model's answers."),
}


class _LazyGroup(click.Group):
    """Imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        return getattr(importlib.import_module(module), attribute)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - whatever the command returns
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader (head, less) has seen enough; keep the interpreter from complaining at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="product-kg", prog_name="kg")
def cli() -> None:
    """Distil what products are for from a language model, tie it to your catalogue, serve it from a graph.

    \b
    Start here:
      kg init --sample my-shop    a folder with a configuration and a sample shop
      cd my-shop && kg build      the whole way: catalogue -> model -> graph
      kg lookup intent insomnia   what the graph knows

    Every command reads config.yaml here, or the file named with --config or KG_CONFIG.
    """


def main() -> None:
    """Run ``kg`` and leave with its exit code."""
    try:
        code = cli.main(standalone_mode=False, color=_colour())
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = 2
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; what was finished is kept, the same command goes on from there", err=True)
        code = 130
    except KgError as error:
        code = _report(str(error), error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        code = _report(f"{where}{error.strerror or error}", KgError.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _colour() -> bool | None:
    """Return ``False`` when NO_COLOR is set (no-color.org), else leave it to the terminal."""
    return False if os.environ.get("NO_COLOR") else None


def _report(message: str, code: int) -> int:
    click.secho("error: ", fg="red", bold=True, nl=False, err=True, color=_colour())
    click.echo("\n".join(clean(line) for line in message.splitlines()), err=True)  # it may quote a hostile name
    return code


if __name__ == "__main__":
    main()
