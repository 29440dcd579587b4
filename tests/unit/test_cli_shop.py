"""The commands over a shop that was built: what they print for people and for machines."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.parts.commands import Said, kg, kg_process, sample_shop

BAD_ROWS = 5
NOT_ASKED = "extraction: {max_types: 0, max_intents: 0}\nmodels: {embedded: {path: no-live-answers.gguf}}\n"
TINY = f"catalog: {{files: [products.csv]}}\n{NOT_ASKED}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """The sample shop, built and loaded once from recorded answers, with what the build said."""
    config = sample_shop(tmp_path_factory.mktemp("built"))
    said = kg("build", "--json", "--config", config)
    assert said.code == 0, said.err
    return config, said


@pytest.fixture
def shop(built: tuple[Path, Said]) -> Path:
    """The configuration of the built shop."""
    return built[0]


def rewritten(folder: Path, **replaced: str) -> Path:
    """Make a tiny shop of one CSV file; return its configuration."""
    (folder / "products.csv").write_text(replaced.get("products", "id,title,category\n1,Green Tea,Drinks\n"))
    (folder / "config.yaml").write_text(TINY)
    return folder / "config.yaml"


def test_a_build_reports_every_stage_and_loses_nothing(built: tuple[Path, Said]) -> None:
    """In = kept + review + dropped + failed, stage by stage; no question was asked live."""
    report = built[1].data
    assert [stage["name"] for stage in report["stages"]] == [
        "catalog", "tag", "extract", "link", "curate", "graph", "enrich", "project",
    ]  # fmt: skip
    for stage in report["stages"]:
        counts = stage["counts"]
        assert counts["taken"] == counts["kept"] + counts["review"] + counts["dropped"] + counts["failed"], stage[
            "name"
        ]
    assert report["answers"]["live"] == report["answers"]["failed"] == 0
    assert report["answers"]["recorded"] > 0
    assert report["load"]["created"] > 0
    assert report["gates"] == []


def test_progress_is_on_stderr_and_the_summary_on_stdout(shop: Path) -> None:
    """What a pipe gets is the result; -q silences the rest, not the result."""
    loud, quiet = kg("build", "--config", shop), kg("build", "-q", "--config", shop)
    assert "catalog " in loud.err
    assert quiet.err == ""
    assert "stage" in quiet.out


def test_building_again_changes_nothing(shop: Path) -> None:
    """Every shard was there, no question was asked, nothing was written."""
    report = kg("build", "--json", "--config", shop).data
    assert all(stage["shards"] == stage["reused"] for stage in report["stages"])
    assert report["load"]["created"] + report["load"]["updated"] + report["load"]["deleted"] == 0
    assert report["load"]["unchanged"] > 0


def test_a_stage_can_be_done_anew(shop: Path) -> None:
    """--from runs that stage again and gives the same build."""
    before = kg("status", "--json", "--config", shop).data["latest"]
    report = kg("build", "--from", "curate", "--json", "--config", shop).data
    assert [stage["name"] for stage in report["stages"]] == ["curate", "graph", "enrich", "project"]
    assert [stage["reused"] for stage in report["stages"]] == [0, 1, 1, 1]
    assert report["build"] == before


def test_a_build_can_stop_after_a_stage(shop: Path) -> None:
    """--to leaves the served graph and the latest build alone."""
    before = kg("status", "--json", "--config", shop).data
    report = kg("build", "--to", "link", "--json", "--config", shop).data
    after = kg("status", "--json", "--config", shop).data
    assert (report["build"], report["load"]) == ("", None)
    assert (after["latest"], after["served"], after["graph"]) == (before["latest"], before["served"], before["graph"])


def test_only_the_load_can_be_done_again(shop: Path) -> None:
    """--from load takes the latest build as it is."""
    report = kg("build", "--from", "load", "--json", "--config", shop).data
    assert (report["stages"], report["load"]["created"]) == ([], 0)


def test_a_dry_run_says_what_it_would_write_and_writes_nothing(tmp_path: Path) -> None:
    """The graph is as empty after it as before."""
    config = rewritten(tmp_path)
    said = kg("build", "--dry-run", "--config", config)
    assert said.code == 0, said.err
    assert "the load would write 3 changes" in said.out
    assert kg("status", "--json", "--config", config).data["graph"]["build"] == ""
    assert "the load wrote 3 changes" in kg("build", "--config", config).out


def test_a_limit_asks_about_less(shop: Path) -> None:
    """--limit counts intents and types, and never asks about more than the configuration."""
    few, none = (kg("build", "--to", "extract", "--limit", n, "--json", "--config", shop).data for n in (2, 0))
    assert few["stages"][2]["details"]["subjects"] == 4
    assert none["stages"][2]["details"] == {}
    assert none["stages"][2]["counts"]["taken"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",), ("rejects",), ("config",), ("cache", "stats"), ("model", "list"), ("lookup", "intent", "insomnia"),
        ("lookup", "complements", "tortilla chips"), ("lookup", "substitutes", "tortilla chips"),
        ("lookup", "pairings", "italian"), ("why", "insomnia", "melatonin tablets"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_reading_command_speaks_json(shop: Path, arguments: tuple[str, ...]) -> None:
    """One document on stdout, nothing on stderr; the same command speaks to people without --json."""
    more = () if arguments[0] == "model" else ("--config", shop)
    machine, person = kg(*arguments, "--json", *more), kg(*arguments, *more)
    assert (machine.code, machine.err, person.code, person.err) == (0, "", 0, "")
    assert isinstance(json.loads(machine.out), dict | list)
    assert person.out.strip()
    assert "Traceback" not in person.out


def test_a_lookup_answers_with_ids_of_the_catalogue_and_a_reason(shop: Path) -> None:
    """What a service gets: products that exist, best first, each with the reason and scores."""
    answer = kg("lookup", "intent", "insomnia", "-k", "3", "--json", "--config", shop).data
    with (shop.parent / "sample" / "products.csv").open() as handle:
        ids = {row["id"] for row in csv.DictReader(handle)}
    assert answer["subject"]["id"] == "i-insomnia"
    assert 0 < len(answer["hits"]) <= 3
    assert {hit["id"] for hit in answer["hits"]} <= ids
    assert all(hit["explanation"] and 0 < hit["confidence"] <= 1 for hit in answer["hits"])
    assert [hit["rank"] for hit in answer["hits"]] == sorted(hit["rank"] for hit in answer["hits"])


def test_a_lookup_by_words_and_by_id_is_the_same(shop: Path) -> None:
    """KEY is an id or words."""
    by_id, by_words = (
        kg("lookup", "intent", key, "--json", "--config", shop).data for key in ("i-insomnia", "INSOMNIA")
    )
    assert by_id["hits"] == by_words["hits"]


def test_why_goes_back_to_what_the_model_said(shop: Path) -> None:
    """Statement, link, verdict, rules, model and build are all there."""
    hit = kg("lookup", "intent", "insomnia", "-k", "1", "--json", "--config", shop).data["hits"][0]
    found = kg("why", "i-insomnia", hit["id"], "--json", "--config", shop).data
    (edge,) = (edge for edge in found["edges"] if edge["level"] == "product")
    (trace,) = (trace for trace in found["traces"] if trace["statement"]["relation"] == edge["relation"])
    assert edge["explanation"] == trace["statement"]["explanation"] == hit["explanation"]
    assert trace["verdict"]["verdict"] == "KEEP"
    assert trace["verdict"]["passed"]
    assert trace["link"]["target_id"] == edge["via_target"]
    assert edge["model"] == trace["statement"]["provenance"]["model"]
    assert edge["build"] == kg("status", "--json", "--config", shop).data["served"]
    words = kg("why", "i-insomnia", hit["id"], "--config", shop).out
    for part in (edge["explanation"], edge["model"], edge["build"], trace["statement"]["id"], "passed"):
        assert part in words


def test_two_things_without_an_edge_are_said_to_have_none(shop: Path) -> None:
    """An empty answer is said in words, and is no error."""
    said = kg("why", "i-insomnia", "i-italian", "--config", shop)
    assert said.code == 0
    assert said.out.startswith("nothing joins insomnia (i-insomnia) and italian (i-italian)")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lookup", "intent", "xyzzy"), "'xyzzy'"),
        (("why", "insomnia", "xyzzy"), "'xyzzy'"),
        (("lookup", "complements", "x' OR 1=1 //"), "error: "),
        (("lookup", "intent", "( * ~"), "error: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_key_that_names_nothing_is_one_line(shop: Path, arguments: tuple[str, ...], said: str) -> None:
    """Exit 1, one line, nothing on stdout, whatever was typed."""
    found = kg(*arguments, "--config", shop)
    assert (found.code, found.out, found.err.count("\n")) == (1, "", 1)
    assert said in found.err
    assert "Neo." not in found.err


def test_the_wrong_rows_of_the_sample_are_listed_with_remedies(shop: Path) -> None:
    """Five rows, each with file, line, reason, value and remedy; the file is named as the configuration names it."""
    rejects = kg("rejects", "--json", "--config", shop).data
    assert len(rejects) == BAD_ROWS
    assert {reject["file"] for reject in rejects} == {"sample/products.csv"}
    assert all(reject["line"] > 1 and reject["reason"] and reject["remedy"] for reject in rejects)
    words = kg("rejects", "-n", "2", "--config", shop).out
    assert f"sample/products.csv:{rejects[0]['line']}: title: the title is empty (found '')" in words
    assert "... and 3 more; in all:" in words
    assert ": : " not in kg("rejects", "--config", shop).out


def test_too_many_wrong_rows_stop_the_run_and_can_still_be_listed(tmp_path: Path) -> None:
    """The message says where every refused row is, the file is there, and 'kg rejects' shows it."""
    config = rewritten(tmp_path, products="id,title,category\n1,Green Tea,Drinks\n2,,Drinks\n3,,Drinks\n")
    said = kg("build", "--config", config)
    assert said.code == 1
    assert "2 of 3 rows were refused" in said.err
    where = Path(said.err.rpartition(" is in ")[2].strip())
    assert where.read_text().count("\n") == 2
    assert [reject["line"] for reject in kg("rejects", "--json", "--config", config).data] == [3, 4]


def test_a_run_without_rejects_says_so(tmp_path: Path) -> None:
    """No row was refused, also after an earlier run that was stopped by refused rows."""
    config = rewritten(tmp_path, products="id,title,category\n1,,Drinks\n2,Tea,Drinks\n")
    assert kg("build", "--to", "catalog", "--config", config).code == 1
    (tmp_path / "products.csv").write_text("id,title,category\n2,Tea,Drinks\n")
    assert kg("build", "--to", "catalog", "--config", config).code == 0
    assert kg("rejects", "--config", config).out == "no row was refused\n"


def test_the_status_of_a_new_project_makes_nothing(tmp_path: Path) -> None:
    """Looking changes nothing: no graph, no builds, no cache appear."""
    config = rewritten(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert "none yet: run kg build" in kg("status", "--config", config).out
    assert "embedded: none yet; it will be made in" in kg("doctor", "--config", config).out
    for asked in (("lookup", "intent", "x"), ("why", "a", "b")):
        said = kg(*asked, "--config", config)
        assert (said.code, said.err) == (1, "error: nothing has been loaded into the graph yet; run 'kg build'\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("catalog: {files: [gone.csv]}", "gone.csv: no such file; check the path in config.yaml"),
        ("catalog: {files: ['*.tsv']}", "catalog.files: nothing matches '*.tsv'"),
        ("intents: {file: gone.csv}", "gone.csv: no such file"),
        ("engagement: {file: gone.csv}", "gone.csv: no such file"),
        ("extraction: {recorded_answers: gone.jsonl}", "gone.jsonl: the recorded answers are missing"),
        ("build: {folder: products.csv}", "products.csv"),
        ("extraction: {answers: products.csv, max_types: 0}", "products.csv is not a usable answer cache"),
    ],
)
def test_a_build_that_cannot_start_is_one_line(tmp_path: Path, setting: str, said: str) -> None:
    """Missing files and wrong paths: one line that names them."""
    config = rewritten(tmp_path)
    if not setting.startswith("catalog"):
        setting = f"catalog: {{files: [products.csv]}}\n{setting}"
    config.write_text(setting + "\n" + ("" if "extraction" in setting else NOT_ASKED))
    found = kg("build", "--config", config)
    assert found.code in {1, 2}
    assert said in found.err
    assert found.err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in found.err


def test_a_missing_decisions_file_stops_the_build(tmp_path: Path) -> None:
    """People's work is never lost silently."""
    config = rewritten(tmp_path)
    config.write_text(config.read_text() + "curation: {decisions: gone.csv}\n")
    said = kg("build", "--config", config)
    assert said.code == 1
    assert "gone.csv: the decisions file is missing; restore it" in said.err


def test_answers_go_out_and_come_in(shop: Path, tmp_path: Path) -> None:
    """An export holds every answer in a fixed order, leaves out what it is told to, and can be imported again."""
    (whole,) = kg("cache", "stats", "--json", "--config", shop).data
    assert kg("cache", "export", tmp_path / "a.jsonl", "--config", shop).code == 0
    assert kg("cache", "export", tmp_path / "b.jsonl", "--without", "insomnia", "--config", shop).code == 0
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert len(lines) == whole["answers"]
    items = [json.loads(line)["item"] for line in lines]
    assert items == sorted(items)
    kept = (tmp_path / "b.jsonl").read_text().splitlines()
    assert kept == [line for line, item in zip(lines, items, strict=True) if ": insomnia" not in item]
    config = rewritten(tmp_path)
    assert f"{len(lines):,} new answers" in kg("cache", "import", tmp_path / "a.jsonl", "--config", config).err
    assert "0 new answers" in kg("cache", "import", tmp_path / "a.jsonl", "--config", config).err


def test_the_doctor_names_what_is_wrong_and_the_remedy(shop: Path, tmp_path: Path) -> None:
    """Exit 1 for what a build needs; each finding has a subject, a state and, if bad, a remedy."""
    findings = kg("doctor", "--json", "--config", shop).data
    states = {finding["subject"]: finding["state"] for finding in findings}
    assert states["catalogue"] == states["graph"] == states["answers"] == "ok"
    assert states["model"] == "error"  # this shop's weights are nowhere on purpose
    assert all(finding["remedy"] for finding in findings if finding["state"] != "ok")
    assert kg("doctor", "--config", shop).code == 1
    config = rewritten(tmp_path)
    (tmp_path / "products.csv").unlink()
    said = kg("doctor", "--config", config)
    assert said.code == 1
    assert "products.csv is missing" in said.out


def test_a_title_cannot_reach_the_terminal(tmp_path: Path) -> None:
    """Control sequences in a product's title are not passed on to people; machines get the title as received."""
    hostile = "Green \x1b[31mTea\x1b]0;x\x07"
    config = rewritten(tmp_path, products=f"id,title,category\n1,{hostile},Drinks\n2,Plain Tea,Drinks\n")
    assert kg("build", "-q", "--config", config).code == 0
    person, machine = (kg("lookup", "complements", "1", *more, "--config", config) for more in ((), ("--json",)))
    assert "\x1b" not in person.out
    assert machine.data["subject"]["name"] == hostile


def test_a_run_that_missed_its_gate_exits_with_3(tmp_path: Path) -> None:
    """Questions that nobody answers: the run goes to its end, says what was missed, and exits 3; the work is kept."""
    config = rewritten(tmp_path)
    (tmp_path / "intents.csv").write_text("id,name,kind,description,popularity\ni,tea time,occasion,,1\n")
    config.write_text(
        "catalog: {files: [products.csv]}\nintents: {file: intents.csv}\n"
        "models: {base_url: 'http://127.0.0.1:9/v1', model: m, api_key: x, max_tries: 1}\n"
    )
    said = kg_process("build", "--config", config)
    assert said.code == 3, said.err
    assert said.err.splitlines()[-1].startswith("error: ")
    assert "questions" in said.err.splitlines()[-1]
    assert "Traceback" not in said.err
    assert kg("lookup", "complements", "1", "--config", config).code == 0
