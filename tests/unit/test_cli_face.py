"""The face of the command line: help, exit codes, one-line errors, data apart from talk, quick starts."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kg.cli.main import cli
from kg.cli.reference import render
from tests.parts.commands import kg, kg_process

TOP = Path(__file__).parents[2]


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            found += _commands(inner, (*path, name))
    return found


COMMANDS = _commands(cli)
IDS = [" ".join(("kg", *path)) for path, _ in COMMANDS]
READING = [
    path
    for path, command in COMMANDS
    if not isinstance(command, click.Group) and path[-1] not in {"init", "demo", "fetch", "path", "export", "import"}
]


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=IDS)
def test_every_command_explains_itself(path: tuple[str, ...], command: click.Command) -> None:
    """Every command has help that says more than its name, ends its sentences, and every option has its own."""
    said = kg(*path, "--help")
    assert (said.code, said.err) == (0, "")
    assert len(command.help or "") > 28
    assert (command.help or "").strip()[0].isupper()
    for parameter in command.params:
        assert isinstance(parameter, click.Argument) or getattr(parameter, "help", None), parameter.name


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=IDS)
def test_every_argument_is_named_in_the_help(path: tuple[str, ...], command: click.Command) -> None:
    """What to write for an argument stands in the text."""
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert str(parameter.name).upper() in (command.help or "").replace("FILE as", "FILE"), parameter.name


@pytest.mark.parametrize("path", READING, ids=" ".join)
def test_every_reading_command_has_json(path: tuple[str, ...]) -> None:
    """Machines can read what people can."""
    command = dict(COMMANDS)[path]
    assert "--json" in {option for parameter in command.params for option in parameter.opts}


def test_the_summaries_are_those_of_the_commands() -> None:
    """The list in 'kg --help' stands apart from the commands for speed; it names them all."""
    listed = re.findall(r"^  (\w[\w-]*) +[A-Z].*\.$", re.sub(r"\n {10,}", " ", kg("--help").out), re.MULTILINE)
    assert listed == [path[0] for path, _ in COMMANDS if len(path) == 1]


def test_the_reference_of_the_commands_is_in_step() -> None:
    """docs/cli.md is what the commands say: python -m kg.cli.reference > docs/cli.md."""
    assert (TOP / "docs" / "cli.md").read_text() == render()


def test_the_reference_names_every_command() -> None:
    """Each command has its own heading."""
    headings = re.findall(r"^## (.+)$", render(), re.MULTILINE)
    assert headings == IDS


def test_help_imports_nothing_heavy() -> None:
    """'kg --help' starts at once: no model, database, engine or validation library is loaded."""
    code = (
        "import sys; sys.argv = ['kg', '--help']\n"
        "from kg.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {
        "langchain", "langchain_core", "langchain_openai", "openai", "neo4j", "arcadedb", "duckdb", "pydantic", "numpy",
        "networkx", "msgspec", "yaml", "rapidfuzz", "tokenizers", "xllamacpp", "extractors", "linkers",
    }  # fmt: skip
    assert "Usage: kg" in done.stdout
    assert not heavy & set(done.stderr.split())


def test_the_version_is_that_of_the_package() -> None:
    """'kg --version' prints one line."""
    assert re.fullmatch(r"kg, version \d+\.\d+\.\d+\S*\n", kg("--version").out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "No such command 'nosuch'."),
        (["build", "--nosuch"], "No such option"),
        (["build", "--from", "nosuch"], "'nosuch' is not one of 'catalog', 'tag', 'extract'"),
        (["build", "--from", "link", "--to", "catalog"], "--to catalog comes before --from link"),
        (["build", "--from", "load", "--to", "project"], "--to project comes before --from load"),
        (["build", "--limit", "-1"], "-1 is not in the range x>=0"),
        (["lookup", "intent"], "Missing argument 'KEY'"),
        (["lookup", "intent", "tea", "-k", "0"], "0 is not in the range"),
        (["lookup", "intent", "\udcff"], "is not text in this terminal's encoding"),
        (["why", "tea"], "Missing argument 'B'"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], said: str) -> None:
    """The mistake is named on stderr, and nothing goes to stdout."""
    found = kg(*arguments)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_no_command_at_all_shows_the_help_and_exits_with_2() -> None:
    """Somebody who types 'kg' learns what there is."""
    found = kg()
    assert found.code == 2
    assert "kg init --sample" in found.err


CONFIGURED = [
    path
    for path, command in COMMANDS
    if any(p.name == "config_file" for p in command.params)
    and path != ("bloom", "export")  # looks into it if there is one
]


@pytest.mark.parametrize("path", CONFIGURED, ids=" ".join)
def test_every_command_that_needs_a_configuration_says_how_to_get_one(path: tuple[str, ...], tmp_path: Path) -> None:
    """Without one: exit 2 and one line, wherever the command is run; the doctor counts it as a finding."""
    arguments = {
        "lookup": ["x"],
        "why": ["a", "b"],
        "cache export": ["x"],
        "import": [__file__],
        "prune": ["--dead"],
        "compare-models": ["main", "embedded"],
        "propose-intents": ["--from-types", "1"],
    }
    more = next((arguments[name] for name in (" ".join(path), path[-1], path[0]) if name in arguments), [])
    found = kg(*path, *more, "--config", tmp_path / "config.yaml")
    assert found.code == (1 if path == ("doctor",) else 2)
    assert "make one with 'kg init'" in found.out + found.err
    assert not found.err or found.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_configuration_can_be_named_in_the_environment(tmp_path: Path) -> None:
    """KG_CONFIG holds where --config is not given; --config beats it."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"build: {{folder: {name}}}")
    environ = {"KG_CONFIG": str(tmp_path / "a.yaml")}
    assert kg("config", "--json", environ=environ).data["build"]["folder"] == "a"
    assert kg("config", "--json", "--config", tmp_path / "b.yaml", environ=environ).data["build"]["folder"] == "b"


def test_every_mistake_in_the_configuration_is_one_line(tmp_path: Path) -> None:
    """Exit 2, and as many lines on stderr as there are mistakes."""
    (tmp_path / "config.yaml").write_text("build:\n  workers: 0\n  foldr: x\nlinking:\n  linker: hybird\n")
    found = kg("config", "--config", tmp_path / "config.yaml")
    assert (found.code, found.out) == (2, "")
    assert [line.partition("config.yaml:")[2][:1] for line in found.err.splitlines()] == ["5", "2", "3"]
    assert "did you mean 'folder'?" in found.err


def test_what_is_in_force_can_be_read_back(tmp_path: Path) -> None:
    """'kg config' prints YAML that is a configuration, and the same as --json; secrets are masked in both."""
    (tmp_path / "config.yaml").write_text("store: {password: hunter2}\nbuild: {workers: 3}")
    text = kg("config", "--config", tmp_path / "config.yaml")
    as_json = kg("config", "--json", "--config", tmp_path / "config.yaml")
    assert "hunter2" not in text.out + as_json.out
    (tmp_path / "again.yaml").write_text(text.out)
    assert kg("config", "--json", "--config", tmp_path / "again.yaml").data == as_json.data
    assert as_json.data["build"]["workers"] == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["config", "--config", "FOLDER"], "cannot be read: Is a directory"),
        (["init", "FOLDER/file/below"], "FOLDER/file/below: Not a directory"),
        (["cache", "export", "FOLDER/file/x.jsonl", "--config", "FOLDER/config.yaml"], "File exists"),
        (["model", "path", "nosuch"], "no model 'nosuch'; known: "),
        (["model", "fetch", "nosuch"], "no model 'nosuch'; known: "),
    ],
)
def test_what_the_system_refuses_is_one_line_without_a_traceback(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    """No traceback for a folder in the wrong place."""
    (tmp_path / "file").write_text("")
    (tmp_path / "config.yaml").write_text("")
    found = kg(*(argument.replace("FOLDER", str(tmp_path)) for argument in arguments))
    assert found.code in {1, 2}
    assert said.replace("FOLDER", str(tmp_path)) in found.err
    assert found.err.count("\n") == 1
    assert found.err.startswith("error: ")


def test_a_hostile_name_in_an_error_cannot_reach_the_terminal(tmp_path: Path) -> None:
    """Control characters in what an error quotes are gone."""
    found = kg("config", "--config", f"{tmp_path}/\x1b]0;evil\x07")
    assert found.code == 2
    assert "\x1b" not in found.err.removeprefix("error: ")


def _on_a_terminal(*arguments: str, **environ: str) -> bytes:
    """Return what ``kg`` says to a terminal."""
    main_end, its_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kg.cli.main", *arguments], stdout=its_end, stderr=its_end, stdin=its_end,
        env={**os.environ, "TERM": "xterm", **environ},
    )  # fmt: skip
    os.close(its_end)
    said = b""
    try:
        while piece := os.read(main_end, 4096):
            said += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    process.wait()
    os.close(main_end)
    return said


def test_colours_are_for_terminals_and_no_color_switches_them_off() -> None:
    """A terminal gets colours, unless NO_COLOR is set; a pipe never does."""
    arguments = ("model", "path", "nosuch")
    assert b"\x1b[" in _on_a_terminal(*arguments, NO_COLOR="")
    assert b"\x1b[" not in _on_a_terminal(*arguments, NO_COLOR="1")
    assert "\x1b" not in kg_process(*arguments, NO_COLOR="").err


def test_a_reader_that_stops_reading_is_no_error(tmp_path: Path) -> None:
    """Piped into head -1: quiet, and no failure."""
    (tmp_path / "config.yaml").write_text("")
    command = [sys.executable, "-m", "kg.cli.main", "config", "--config", str(tmp_path / "config.yaml")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 0)
    process.stderr.close()


def test_logs_can_be_one_json_object_a_line(tmp_path: Path) -> None:
    """--log-format json is for machines that collect logs; results are not among them."""
    code = (
        "import logging, sys\n"
        "from kg.cli.session import _set_up_logging\n"
        "_set_up_logging(1, 'json')\n"
        "logging.getLogger('kg.build').info('built %s', 'bä')\n"
        "logging.getLogger('kg.build').debug('not this')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    record = json.loads(line)
    assert (record["level"], record["logger"], record["message"], done.stdout) == ("INFO", "kg.build", "built bä", "")


def test_a_new_project_says_what_to_do_next(tmp_path: Path) -> None:
    """'kg init' writes a configuration, says what it wrote, and prints nothing as data."""
    found = kg("init", tmp_path / "shop")
    assert (found.code, found.out) == (0, "")
    assert f"next: name your catalogue in {tmp_path}/shop/config.yaml" in found.err
    assert kg("init", tmp_path / "shop").code == 1


def test_models_can_be_listed() -> None:
    """The models we can fetch, with size and licence, for people and machines."""
    (row,) = kg("model", "list", "--json").data
    assert row["licence"] in kg("model", "list").out
    assert row["bytes"] > 10**9
