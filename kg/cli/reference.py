"""The reference of all commands as Markdown, made from their own help: ``python -m kg.cli.reference > docs/cli.md``."""

from __future__ import annotations

from collections.abc import Iterator

import click

from kg.cli.main import cli

__all__ = ["render"]

_WIDTH = 100
_HEAD = """\
<!-- Made by `python -m kg.cli.reference > docs/cli.md`: change the commands' help, not this file. -->
# The commands

Results go to standard output, everything else to standard error. Every command that reads has `--json`.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | an error, said on one line with what to do about it |
| 2 | wrong usage, or a mistake in the configuration (each mistake on a line of its own) |
| 3 | finished, but a quality gate or the failure budget was missed |
| 130 | stopped with Ctrl-C; the same command goes on from there |

| environment variable | meaning |
|---|---|
| `KG_CONFIG` | the configuration file, where `--config` does not name one |
| `NO_COLOR` | no colours, when it is set to anything |

A setting holds by this order: option of the command, environment (`${NAME:-default}` in the file), file, default.

Completion of commands and options: put `eval "$(_KG_COMPLETE=bash_source kg)"` in `~/.bashrc`, or
`eval "$(_KG_COMPLETE=zsh_source kg)"` in `~/.zshrc`; for fish, `_KG_COMPLETE=fish_source kg | source`.
"""


def render() -> str:
    """Return the reference: the head, then each command with its help, groups before their commands."""
    parent = click.Context(cli, info_name="kg", terminal_width=_WIDTH, **cli.context_settings)
    return _HEAD + "".join(_sections(cli, parent))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"\n## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _sections(inner, click.Context(inner, context, info_name=name, terminal_width=_WIDTH))


if __name__ == "__main__":
    click.echo(render(), nl=False)
