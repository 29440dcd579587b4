"""The whole configuration: paths, patterns, secrets, and that every setting is explained."""

from __future__ import annotations

import os
import typing
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, SecretStr

from kg.build.scaffold import SAMPLE_SETTINGS, make_project, render_config
from kg.build.settings import Settings, Workspace, effective, open_workspace
from kg.config import load_yaml
from kg.errors import ConfigError, InputError

TOP = Path(__file__).parents[2]


def workspace(tmp_path: Path, text: str = "", **environ: str) -> Workspace:
    """Return the workspace of a configuration."""
    (tmp_path / "config.yaml").write_text(text)
    return open_workspace(tmp_path / "config.yaml", environ)


def test_paths_start_at_the_configuration_s_folder(tmp_path: Path) -> None:
    """Wherever the command is run, a relative path means the same file."""
    shop = workspace(
        tmp_path,
        "build: {folder: b}\nstore: {path: g}\nextraction: {answers: a.sqlite}\nmodels: {embedded: {path: w.gguf}}",
    )
    assert (shop.builds, shop.answers) == (tmp_path / "b", tmp_path / "a.sqlite")
    assert shop.store_options().path == tmp_path / "g"
    assert shop.model_options().embedded.path == str(tmp_path / "w.gguf")


def test_an_absolute_path_and_a_home_folder_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only relative paths start at the configuration."""
    monkeypatch.setenv("HOME", "/home/someone")
    shop = workspace(tmp_path)
    assert shop.path("/data/x.csv") == Path("/data/x.csv")
    assert shop.path("~/x.csv") == Path("/home/someone/x.csv")


def test_no_weights_of_one_s_own_means_none(tmp_path: Path) -> None:
    """The default model has no path to resolve."""
    assert workspace(tmp_path).model_options().embedded.path is None


def test_a_pattern_gives_its_files_in_a_fixed_order_and_once(tmp_path: Path) -> None:
    """Sorted, without folders, and a file that two patterns match is read once."""
    for name in ("b.csv", "a.csv", "c.csv"):
        (tmp_path / name).write_text("")
    (tmp_path / "d.csv").mkdir()
    shop = workspace(tmp_path, 'catalog: {files: ["c.csv", "*.csv", "[ab].csv"]}')
    assert [path.name for path in shop.catalog_files()] == ["c.csv", "a.csv", "b.csv"]


def test_a_pattern_may_be_absolute_or_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns work where plain paths do."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "x.csv").write_text("")
    shop = workspace(tmp_path, f'catalog: {{files: ["~/*.csv", "{tmp_path}/h*/x.csv"]}}')
    assert shop.catalog_files() == [tmp_path / "home" / "x.csv"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    """What exists under that very name is meant."""
    (tmp_path / "export[1].csv").write_text("")
    shop = workspace(tmp_path, 'catalog: {files: ["export[1].csv"]}')
    assert [path.name for path in shop.catalog_files()] == ["export[1].csv"]


def test_a_pattern_that_matches_nothing_says_where_it_looked(tmp_path: Path) -> None:
    """The folder in which paths start is named."""
    shop = workspace(tmp_path, 'catalog: {files: ["*.tsv"]}')
    with pytest.raises(ConfigError, match=rf"catalog.files: nothing matches '\*.tsv'; paths start at {tmp_path}"):
        shop.catalog_files()


def test_no_catalogue_is_a_clear_error(tmp_path: Path) -> None:
    """An empty configuration says what to name."""
    with pytest.raises(ConfigError, match=r"catalog\.files: no catalogue is configured; name a CSV"):
        workspace(tmp_path).catalog_files()


@pytest.mark.parametrize(
    ("name", "said"),
    [("hybird", "did you mean 'hybrid'?"), ("word2vec", "known here: exact, hybrid, lexical, semantic")],
)
def test_an_unknown_linker_is_refused_when_the_configuration_is_read(tmp_path: Path, name: str, said: str) -> None:
    """Not after the model was paid: at once, with file, line and the names there are."""
    with pytest.raises(ConfigError) as caught:
        workspace(tmp_path, f"linking:\n  linker: {name}\n")
    assert str(caught.value) == f"{tmp_path}/config.yaml:2: linking.linker: {name!r}: no such linker; {said}"


@pytest.mark.parametrize("name", ["exact", "hybrid", "lexical", "semantic"])
def test_each_linker_has_its_own_settings(tmp_path: Path, name: str) -> None:
    """The chosen linker is given the settings under its name."""
    shop = workspace(tmp_path, f"linking: {{linker: {name}, {name}: {{explain: 3}}}}")
    assert shop.settings.linking.chosen()["explain"] == 3


def test_missing_recorded_answers_name_the_setting(tmp_path: Path) -> None:
    """They come from the user, not from a stage: the remedy is in the configuration."""
    shop = workspace(tmp_path, "extraction: {recorded_answers: gone.jsonl}")
    with pytest.raises(InputError, match=r"gone\.jsonl: the recorded answers are missing; check extraction\.recorded"):
        shop.recorded_answers()
    assert workspace(tmp_path).recorded_answers() is None


def test_secrets_are_masked_in_what_is_in_force(tmp_path: Path) -> None:
    """'kg config' can be pasted into a ticket."""
    text = "models: {api_key: '${KEY}', base_url: 'http://x/v1', model: m}\nstore: {password: hunter2}"
    shown = repr(effective(workspace(tmp_path, text, KEY="sk-12345").settings))
    assert "sk-12345" not in shown
    assert "hunter2" not in shown
    assert shown.count("**********") == 2


def test_a_secret_that_is_not_set_is_shown_as_empty() -> None:
    """A reader sees whether there is one."""
    values = effective(Settings())
    assert (values["store"]["password"], values["models"]["api_key"]) == ("", None)


def test_every_component_is_in_what_is_in_force() -> None:
    """Every setting of every component has its effective value there."""
    assert list(effective(Settings())) == list(Settings.model_fields)


def _options(kind: type[BaseModel], seen: list[type[BaseModel]]) -> list[type[BaseModel]]:
    seen.append(kind)
    for info in kind.model_fields.values():
        for inner in (info.annotation, *typing.get_args(info.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner not in seen:
                _options(inner, seen)
    return seen


@pytest.mark.parametrize("kind", _options(Settings, []), ids=lambda kind: kind.__name__)
def test_every_setting_is_described_and_has_a_default(kind: type[BaseModel]) -> None:
    """A setting without a description is not documented; one without a default breaks old configurations."""
    assert (kind.__doc__ or "").strip()
    for name, info in kind.model_fields.items():
        nested = isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
        assert nested or info.description, f"{kind.__name__}.{name}"
        whole = {"ClaimPattern", "Misfit", "Platt", "Price", "Threshold"}  # rows of lists, of no use in part
        assert not info.is_required() or kind.__name__ in whole, name


def test_the_written_configuration_reads_back_as_the_defaults(tmp_path: Path) -> None:
    """What is written out as the default is the default."""
    assert workspace(tmp_path, render_config({})).settings == Settings()


def test_values_are_put_into_the_written_configuration(tmp_path: Path) -> None:
    """The sample's settings are in force, and everything else is the default."""
    settings = workspace(tmp_path, render_config(SAMPLE_SETTINGS)).settings
    assert settings.catalog.files == ("sample/products.csv",)
    assert settings.curation.decisions == "sample/decisions.csv"
    assert settings.store == Settings().store


def test_the_written_configuration_is_ordinary_yaml() -> None:
    """Other tools read the same values."""
    plain = yaml.safe_load(render_config(SAMPLE_SETTINGS))
    assert plain["engagement"]["orders"] == 50_000
    assert list(plain) == list(Settings.model_fields)


def test_the_configuration_at_the_top_is_the_sample_s(tmp_path: Path) -> None:
    """config.yaml in the repository is generated: render_config(SAMPLE_SETTINGS)."""
    assert (TOP / "config.yaml").read_text() == render_config(SAMPLE_SETTINGS)
    assert load_yaml(TOP / "config.yaml", os.environ).data


def test_a_project_is_not_written_over(tmp_path: Path) -> None:
    """Where a configuration is, nothing is touched."""
    (tmp_path / "config.yaml").write_text("mine")
    with pytest.raises(InputError, match="there is a configuration already; take another folder"):
        make_project(tmp_path, sample=True)
    assert [p.name for p in tmp_path.iterdir()] == ["config.yaml"]


def test_the_sample_project_has_every_file_it_names(tmp_path: Path) -> None:
    """Catalogue, intents, engagement, answers and decisions are written where the configuration says."""
    written = make_project(tmp_path, sample=True)
    shop = open_workspace(tmp_path / "config.yaml")
    settings = shop.settings
    named = [settings.intents.file, settings.engagement.file, settings.curation.decisions, *settings.catalog.files]
    assert {shop.path(str(name)) for name in named} | {shop.recorded_answers()} <= set(written)
    assert all(path.is_file() for path in written)


def test_a_secret_default_is_written_as_text() -> None:
    """A secret in the template is empty, not masked."""
    assert 'password: ""' in render_config({})
    assert str(SecretStr("x")) not in render_config({})
