"""Reading config.yaml: every mistake is said with file, line, setting and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from kg.config import Options, RawConfig, load_yaml, validate
from kg.errors import ConfigError


class Inner(Options):
    """Settings inside."""

    threshold: float = Field(default=0.5, ge=0, le=1)
    name: str = "x"


class Top(Options):
    """Settings of the test."""

    linking: Inner = Inner()
    optional: Inner | None = None
    by_name: dict[str, Inner] = Field(default={})
    many: tuple[Inner, ...] = ()
    workers: int = Field(default=2, ge=1)
    flag: bool = False
    text: str = "t"
    maybe: str | None = "m"
    password: SecretStr = SecretStr("")
    key: SecretStr | None = None


def read(tmp_path: Path, text: str | bytes, **environ: str) -> Top:
    """Return the settings that ``text`` holds."""
    path = tmp_path / "config.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return validate(load_yaml(path, environ), Top)


def said(tmp_path: Path, text: str | bytes, **environ: str) -> list[str]:
    """Return the lines of the complaint, each without the folder."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, **environ)
    return [line.removeprefix(f"{tmp_path}/") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text: a\nlinking:\n  nmae: q", "config.yaml:3: linking.nmae: unknown setting; did you mean 'name'?"),
        ("lnking: {}", "config.yaml:1: lnking: unknown setting; did you mean 'linking'?"),
        ("linking: {zzz: 1}", "config.yaml:1: linking.zzz: unknown setting; known here: name, threshold"),
        ("optional:\n  treshold: 1", "config.yaml:2: optional.treshold: unknown setting; did you mean 'threshold'?"),
        ("by_name:\n  a:\n    nmae: q", "config.yaml:3: by_name.a.nmae: unknown setting; did you mean 'name'?"),
        ("many:\n- name: a\n- nmae: b", "config.yaml:3: many.1.nmae: unknown setting; did you mean 'name'?"),
        ("flag: [1]", "config.yaml:1: flag: Input should be a valid boolean"),
        ("workers: 0", "config.yaml:1: workers: 0 does not fit: expected greater than or equal to 1"),
        ("\nworkers: -1", "config.yaml:2: workers: -1 does not fit: expected greater than or equal to 1"),
        ("text: 12", "config.yaml:1: text: 12 does not fit: expected a valid string"),
        ("linking: 3", "config.yaml:1: linking: 3 does not fit: expected a valid dictionary or instance of Inner"),
        ("text: [a]", "config.yaml:1: text: Input should be a valid string"),
    ],
)  # fmt: skip
def test_a_setting_that_does_not_fit_is_named(tmp_path: Path, text: str, message: str) -> None:
    """File, line, setting, value and what was expected are on one line."""
    assert said(tmp_path, text) == [message]


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    """One run of the command is enough to find every mistake, one a line."""
    lines = said(tmp_path, "workers: 0\nlinking:\n  treshold: 1\n  threshold: 2\ntext: 5\n")
    assert sorted(tuple(line.split(": ")[:2]) for line in lines) == [
        ("config.yaml:1", "workers"),
        ("config.yaml:3", "linking.treshold"),
        ("config.yaml:4", "linking.threshold"),
        ("config.yaml:5", "text"),
    ]


def test_a_setting_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """YAML would silently take the last one."""
    assert said(tmp_path, "workers: 1\ntext: a\nworkers: 2") == [
        "config.yaml:3: workers: the setting stands twice; keep one of them"
    ]


def test_an_unset_variable_names_itself_and_two_ways_out(tmp_path: Path) -> None:
    """The reader learns the variable, the line and the setting."""
    assert said(tmp_path, "workers: 1\ntext: ${SHOP}") == [
        "config.yaml:2: text: SHOP is not set in the environment; export SHOP=..., or write ${SHOP:-default}"
    ]


@pytest.mark.parametrize(
    ("value", "environ", "workers"),
    [("${N:-8}", {}, 8), ("${N:-8}", {"N": "5"}, 5), ("${N:-8}", {"N": ""}, 8), ("${N}", {"N": "3"}, 3)],
)
def test_a_variable_can_be_a_number(tmp_path: Path, value: str, environ: dict[str, str], workers: int) -> None:
    """The default holds when the variable is unset or empty, as in the shell."""
    assert read(tmp_path, f"workers: {value}", **environ).workers == workers


@pytest.mark.parametrize("value", ['"${N:-8}"', "'${N:-8}'", "${N:-8}"])
def test_a_variable_stays_text_where_text_is_wanted(tmp_path: Path, value: str) -> None:
    """A name made of digits is a name."""
    assert read(tmp_path, f"text: {value}").text == "8"


def test_a_flag_can_come_from_a_variable(tmp_path: Path) -> None:
    """The words people write for yes and no are understood."""
    assert read(tmp_path, "flag: ${F}", F="yes").flag
    assert not read(tmp_path, "flag: ${F:-false}").flag


def test_a_variable_that_is_nothing_is_null_without_quotes(tmp_path: Path) -> None:
    """An optional setting can be switched off from outside; quotes make it the empty text."""
    assert read(tmp_path, "maybe: ${M:-}").maybe is None
    assert read(tmp_path, 'maybe: "${M:-}"').maybe == ""


def test_a_variable_can_stand_inside_a_value(tmp_path: Path) -> None:
    """Several variables and the text around them make one value."""
    assert read(tmp_path, "text: bolt://${HOST}:${PORT:-7687}/", HOST="db").text == "bolt://db:7687/"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1))
def test_a_variable_never_changes_the_structure(value: str) -> None:
    """Whatever a variable holds, it is one value in one place."""
    path = Path(__file__).with_name("no-such-file")
    raw = _loaded("text: ${EVIL}\nworkers: 3\n", {"EVIL": value}, path)
    assert raw.data == {"text": None if value in {"~", "null", "Null", "NULL"} else value, "workers": 3}


@pytest.mark.parametrize("value", ["a\nworkers: 99", "{a: 1}", "[1, 2]", "*x", "!!python/object:os.x {}", "# gone"])
def test_structure_in_a_variable_is_text(tmp_path: Path, value: str) -> None:
    """Line breaks, brackets, anchors, tags and comments are letters like any other."""
    settings = read(tmp_path, "text: ${EVIL}", EVIL=value)
    assert (settings.text, settings.workers) == (value, 2)


@pytest.mark.parametrize("value", ["007", "1e5", "0x10", "12345", "true", "null?", "1_000"])
def test_a_password_from_a_variable_is_taken_letter_by_letter(tmp_path: Path, value: str) -> None:
    """What looks like a number, a flag or nothing in YAML is a password all the same."""
    assert read(tmp_path, "password: ${P}", P=value).password.get_secret_value() == value


@pytest.mark.parametrize(
    "text", ["password: 90210", "key: 90210", "key: !!float 90210", "password: [90210]", "kye: 90210"]
)
def test_a_secret_is_never_shown(tmp_path: Path, text: str) -> None:
    """A complaint about a secret names the setting, not the value."""
    (line,) = said(tmp_path, text)
    assert line.startswith(f"config.yaml:1: {text.partition(':')[0]}: ")
    assert "90210" not in line


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    """No configuration: the remedy names 'kg init', --config and KG_CONFIG."""
    with pytest.raises(ConfigError, match=r"no configuration at .*gone\.yaml; .*kg init.*--config.*KG_CONFIG"):
        load_yaml(tmp_path / "gone.yaml")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    """A path that cannot be read is one line, not a traceback."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_yaml(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "config.yaml:1: not valid YAML: "),
        ("workers: 1\n\tflag: true", "config.yaml:2: not valid YAML: "),
        ("a: b: c", "config.yaml:1: not valid YAML: "),
        (b"a: \x01", "config.yaml: not valid YAML: "),
        (b"a: \xff", "config.yaml is not UTF-8 text; save it as UTF-8"),
        ("- a\n- b", "config.yaml:1: expected settings ('name: value'), found a list"),
        ("just words", "config.yaml:1: expected settings ('name: value'), found a str"),
        ("text: 2024-13-45", "config.yaml:1: text: the value cannot be read as it stands; put it in quotes"),
        ("text: !shop x", "config.yaml:1: text: the value cannot be read as it stands; put it in quotes"),
        ("many: &a [*a]", "config.yaml:1: many.0: the anchor holds itself; write it out"),
    ],
)
def test_what_is_no_configuration_is_said_on_one_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    """Broken YAML, other encodings, lists, impossible dates and circles each have one clear line."""
    (line,) = said(tmp_path, text)
    assert line.startswith(message)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_is_all_defaults(tmp_path: Path, text: str) -> None:
    """Nothing set is nothing wrong."""
    assert read(tmp_path, text) == Top()


def test_a_section_with_nothing_but_comments_has_its_defaults(tmp_path: Path) -> None:
    """Commenting out the last setting of a section is no mistake; an optional section is then absent."""
    settings = read(tmp_path, "linking:\n  # threshold: 0.3\noptional:\nworkers: 3\n")
    assert (settings.linking, settings.optional, settings.workers) == (Inner(), None, 3)


def test_a_byte_order_mark_is_no_part_of_the_first_setting(tmp_path: Path) -> None:
    """A file saved by a Windows editor reads the same."""
    assert read(tmp_path, b"\xef\xbb\xbfworkers: 7\r\n").workers == 7


def test_anchors_are_understood(tmp_path: Path) -> None:
    """A value can be named once and used twice."""
    settings = read(tmp_path, "linking: &a {threshold: 0.25}\noptional: *a\n")
    assert settings.optional == settings.linking == Inner(threshold=0.25)


def test_the_line_of_a_setting_is_that_of_its_nearest_parent(tmp_path: Path) -> None:
    """A setting that is not in the file is complained about where it belongs."""
    raw = RawConfig("c", {}, {("a",): 3})
    assert (raw.line(("a", "b")), raw.line(("z",))) == (3, None)


def test_settings_cannot_be_changed_after_reading(tmp_path: Path) -> None:
    """What was read at the start holds to the end of the run."""
    with pytest.raises(ValueError, match="frozen"):
        read(tmp_path, "").workers = 5


def _loaded(text: str, environ: dict[str, str], path: Path) -> RawConfig:
    class _File(type(path)):  # type: ignore[misc]
        def read_text(self, *args: object, **kwargs: object) -> str:
            return text

    return load_yaml(_File(path), environ)
