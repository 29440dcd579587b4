"""``kg propose-intents``: from the sample's query log to a table, and from the table into the file of intents."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg.build.intents_file import append_rows
from kg.build.scaffold import SAMPLE_SETTINGS, make_project
from kg.catalog.intents import read_intents
from kg.errors import InputError
from kg.model import Intent
from kg.records import read_jsonl
from tests.parts.commands import Said, kg
from tests.servers.provider import Provider, names

HEAD = "id,name,kind,description,popularity,evidence,decision"
INTENTS = "id,name,kind,popularity\ni-insomnia,insomnia,need,5\n"
OFFLINE = {"embedded": {"path": "no-live-answers.gguf"}}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The sample shop, whose model is never asked."""
    make_project(tmp_path, sample=True)
    return configured(tmp_path, models=OFFLINE)


def configured(folder: Path, **more: dict[str, Any]) -> Path:
    """Write the sample's configuration with other settings; return it."""
    settings: dict[str, Any] = {name: dict(values) for name, values in SAMPLE_SETTINGS.items()}
    for section, values in more.items():
        settings.setdefault(section, {}).update(values)
    (folder / "config.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(settings))))
    return folder / "config.yaml"


def propose(config: Path, *arguments: object, log: bool = True) -> Said:
    """Propose from the sample's query log into the shop's folder."""
    queries = ("--query-log", config.parent / "sample" / "queries.csv") if log else ()
    out = config.parent / "proposed_intents.csv"
    return kg("propose-intents", *queries, "--out", out, *arguments, "--config", config)


def table(config: Path) -> list[dict[str, str]]:
    """Return the proposals as a spreadsheet would read them."""
    text = (config.parent / "proposed_intents.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def accept(folder: Path, rows: str, intents: str = INTENTS, name: str = "intents.csv") -> Said:
    """Accept a table's rows into a file of intents."""
    (folder / name).write_bytes(intents.encode())
    (folder / "table.csv").write_text(f"{HEAD}\n{rows}")
    (folder / "config.yaml").write_text(f"intents: {{file: {name}}}\n")
    return kg("propose-intents", "--accept", folder / "table.csv", "--json", "--config", folder / "config.yaml")


def test_the_samples_log_gives_a_table_for_review(shop: Path) -> None:
    """Most frequent first, with kind and evidence, nothing decided; nobody was asked."""
    said = propose(shop, "--json", "-q")
    assert said.code == 0, said.err
    rows = table(shop)
    assert ",".join(rows[0]) == HEAD
    assert rows[0] == {
        "id": "i-pizza-night", "name": "pizza night", "kind": "occasion", "description": "", "popularity": "508",
        "evidence": "508 searches", "decision": "",
    }  # fmt: skip
    assert [int(row["popularity"]) for row in rows] == sorted((int(row["popularity"]) for row in rows), reverse=True)
    assert {row["decision"] for row in rows} == {""}
    assert said.data["answers"]["live"] == said.data["answers"]["failed"] == 0


def test_the_samples_traps_are_not_proposed(shop: Path) -> None:
    """Products, brands, known intents, typos of them, and hostile text stay out, each with its rule."""
    data = propose(shop, "--json", "-q").data
    found = " | ".join(row["name"] for row in table(shop))
    for trap in ("chips", "oat milk", "red wine", "kettlemoor", "casa tizoli", "insom", "script", "example", "drop "):
        assert trap not in found
    rules = {drop["item"].removeprefix("INTENTS: query -> "): drop["rule"] for drop in data["proposed"]["drops"]}
    assert rules["tortila chips"] == "product"
    assert rules["lumerell shampoo"] == "brand"
    assert rules["insomina"] == rules["movie nights"] == "known"
    assert rules["<script>alert(1)</script>"] == "markup"
    counts = data["proposed"]["counts"]
    assert counts["taken"] == counts["kept"] + counts["dropped"]


def test_proposing_again_changes_nothing(shop: Path) -> None:
    """The table stays byte for byte, with what a person wrote into it."""
    propose(shop)
    file = shop.parent / "proposed_intents.csv"
    file.write_bytes(file.read_bytes().replace(b"508 searches,", b"508 searches,reject", 1))
    before = file.read_bytes()
    said = propose(shop)
    assert said.code == 0
    assert "nothing new to propose" in said.out
    assert file.read_bytes() == before


def test_what_is_new_is_added_to_the_table(shop: Path) -> None:
    """A log with one more query adds one line."""
    propose(shop)
    before = (shop.parent / "proposed_intents.csv").read_bytes()
    with (shop.parent / "sample" / "queries.csv").open("a") as log:
        log.write("birdwatching trip,77\n")
    propose(shop)
    after = (shop.parent / "proposed_intents.csv").read_bytes()
    assert after.startswith(before)
    assert [row["name"] for row in table(shop)][-1] == "birdwatching trip"


def test_only_the_most_frequent_queries_are_looked_at(shop: Path) -> None:
    """``--top`` keeps a long tail out."""
    propose(shop, "--top", "10")
    assert 0 < len(table(shop)) <= 10


def test_types_are_asked_about_in_order_of_reach(shop: Path, provider: Provider) -> None:
    """As many as wanted; what is proposed stands in the same table."""
    provider.reply(names("a power cut"), when="buys batteries")
    provider.reply(names("a garden party"), when="buys beer")
    config = configured(shop.parent, models={"base_url": provider.base_url, "model": "large"})
    said = propose(config, "--from-types", "2", log=False)
    assert said.code == 0, said.err
    assert {row["name"]: row["evidence"] for row in table(config)} == {
        "power cut": "1 product type: batteries",
        "garden party": "1 product type: beer",
    }
    assert "2 proposals to decide on" in said.out


def test_a_reached_budget_is_a_missed_gate(shop: Path, provider: Provider) -> None:
    """What could still be asked stands in the table; the exit code says that it is not all."""
    provider.reply(names("a power cut"), when="buys batteries")
    models = {"base_url": provider.base_url, "model": "large", "max_concurrency": 1, "budget": {"calls": 1}}
    said = propose(configured(shop.parent, models=models), "--from-types", "2", log=False)
    assert (said.code, "the budget is reached" in said.err) == (3, True)
    assert [(row["name"], row["kind"]) for row in table(shop)] == [("power cut", "")]


@pytest.mark.parametrize(
    "arguments", [(), ("--accept", "x.csv", "--from-types", "2"), ("--accept", "x.csv", "--query-log", "y.csv")]
)
def test_it_must_be_said_what_to_do(shop: Path, arguments: tuple[str, ...]) -> None:
    """Nothing to propose from, or two things at once, is wrong usage."""
    assert kg("propose-intents", *arguments, "--config", shop).code == 2


def test_accepted_rows_reach_the_intents_and_the_next_table(shop: Path) -> None:
    """What a person accepts is an intent of the next run, and no proposal any more."""
    propose(shop)
    file = shop.parent / "proposed_intents.csv"
    file.write_text(file.read_text(encoding="utf-8-sig").replace("508 searches,", "508 searches,accept", 1))
    intents = shop.parent / "sample" / "intents.csv"
    before = intents.read_bytes()
    said = kg("propose-intents", "--accept", file, "--config", shop)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("1 intents added to")
    added = intents.read_bytes().removeprefix(before)
    assert added.strip() == b"i-pizza-night,pizza night,occasion,,508"
    file.unlink()
    propose(shop)
    assert "pizza night" not in [row["name"] for row in table(shop)]


def test_accepting_again_adds_nothing(tmp_path: Path) -> None:
    """What is there counts as known; the file stays byte for byte."""
    rows = "x,road trip,activity,,7,,accept\n,insomnia,need,,,,accept\n,no,need,,,,reject\n,later,need,,,,\n"
    first = accept(tmp_path, rows)
    assert {name: first.data[name] for name in ("known", "rejected", "undecided")} == {
        "known": 1, "rejected": 1, "undecided": 1,
    }  # fmt: skip
    after = (tmp_path / "intents.csv").read_text()
    assert after == f"{INTENTS}x,road trip,activity,7\n"
    again = accept(tmp_path, rows, intents=after)
    assert (again.data["intents"], again.data["known"]) == ([], 2)
    assert (tmp_path / "intents.csv").read_text() == after


@pytest.mark.parametrize(
    ("name", "intents", "line"),
    [
        ("i.csv", "Popularity;Id;Name;Kind\r\n5;a;insomnia;need\r\n", "7;i-road-trip;road trip;activity\r\n"),
        ("i.csv", "\ufeffid,name,kind\na,insomnia,need", "\ni-road-trip,road trip,activity\n"),
        ("i.tsv", "id\tname\tkind\tseason\na\tinsomnia\tneed\t\n", "i-road-trip\troad trip\tactivity\t\n"),
        (
            "i.jsonl", '{"id":"a","name":"insomnia","kind":"need"}\n',
            '{"description":"","id":"i-road-trip","kind":"activity","name":"road trip","popularity":7.0}\n',
        ),
    ],
)  # fmt: skip
def test_rows_are_appended_in_the_files_own_form(tmp_path: Path, name: str, intents: str, line: str) -> None:
    """Delimiter, order of columns and line ends are those of the file; what was there stays."""
    assert accept(tmp_path, ",road trip,activity,,7,,accept\n", intents, name).code == 0
    assert (tmp_path / name).read_bytes() == (intents + line).encode()
    read_intents(tmp_path / name, tmp_path / "out")
    assert [each.name for each in read_jsonl(tmp_path / "out" / "intents.jsonl", Intent)][-1] in {
        "road trip",
        "insomnia",
    }


def test_ids_of_accepted_rows_are_made_unique(tmp_path: Path) -> None:
    """A row without an id, or with one that is taken, gets one of its own."""
    rows = ",road trip,activity,,,,accept\ni-insomnia,hangover,need,,,,accept\ni-road-trip,picnic,occasion,,,,Accept\n"
    added = accept(tmp_path, rows).data["intents"]
    assert [each["id"] for each in added] == ["i-road-trip", "i-hangover", "i-picnic"]


def test_a_packed_file_stays_packed(tmp_path: Path) -> None:
    """Lines are appended inside."""
    file = tmp_path / "intents.csv.gz"
    file.write_bytes(gzip.compress(INTENTS.encode()))
    before = file.read_bytes()
    append_rows(file, [{"id": "b", "name": "road trip", "kind": "need", "popularity": 1}])
    assert file.read_bytes().startswith(before)
    assert gzip.decompress(file.read_bytes()).decode() == f"{INTENTS}b,road trip,need,1\n"


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    """The file behind it is the one that grows."""
    file, link = tmp_path / "there.csv", tmp_path / "intents.csv"
    file.write_text(INTENTS)
    file.chmod(0o640)
    link.symlink_to(file)
    append_rows(link, [{"id": "b", "name": "road trip", "kind": "need"}])
    assert link.is_symlink()
    assert file.read_text().endswith("b,road trip,need,\n")
    assert file.stat().st_mode & 0o777 == 0o640


def test_nothing_is_appended_to_parquet(tmp_path: Path) -> None:
    """It is refused with its remedy."""
    (tmp_path / "intents.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="nothing can be appended to a Parquet file; keep it as CSV"):
        append_rows(tmp_path / "intents.parquet", [{"id": "b"}])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",road trip,activity,,7,,yes", "3: decision: 'yes' is no decision; write accept or reject"),
        (",road trip,,,7,,accept", "3: kind: '' is no kind of intent; use one of need"),
        (",!!,need,,7,,accept", "3: name: '!!' is no name"),
        (",road trip,need,,often,,accept", "3: popularity: 'often' is not a number"),
        (",road trip,need,accept", "3: the row has too few fields"),
    ],
)
def test_a_mistake_in_the_table_changes_nothing(tmp_path: Path, row: str, message: str) -> None:
    """The error names file, line, field, reason and remedy; the good rows wait with it."""
    said = accept(tmp_path, f",picnic,occasion,,,,accept\n{row}\n")
    assert said.code == 1
    assert f"table.csv:{message}" in said.err
    assert (tmp_path / "intents.csv").read_text() == INTENTS


def test_a_table_without_decisions_is_refused(tmp_path: Path) -> None:
    """The error names the columns."""
    (tmp_path / "intents.csv").write_text(INTENTS)
    (tmp_path / "config.yaml").write_text("intents: {file: intents.csv}\n")
    (tmp_path / "t.csv").write_text("name,kind\nroad trip,activity\n")
    said = kg("propose-intents", "--accept", tmp_path / "t.csv", "--config", tmp_path / "config.yaml")
    assert (said.code, "no column 'decision'; the file has: name, kind" in said.err) == (1, True)


def test_accepting_needs_a_file_of_intents(tmp_path: Path) -> None:
    """Where none is configured there is nowhere to put them: a mistake of the configuration."""
    (tmp_path / "config.yaml").write_text("")
    (tmp_path / "t.csv").write_text(f"{HEAD}\n,picnic,occasion,,,,accept\n")
    said = kg("propose-intents", "--accept", tmp_path / "t.csv", "--config", tmp_path / "config.yaml")
    assert (said.code, "intents.file: nothing is configured" in said.err) == (2, True)


def test_a_formula_in_a_cell_is_a_text(tmp_path: Path, shop: Path, provider: Provider) -> None:
    """What the model or a log says never runs in a spreadsheet."""
    log = tmp_path / "log.csv"
    log.write_text("query,count\n+1 poker night,3\n=poker evening,2\n@home cinema,4\n")
    kg("propose-intents", "--query-log", log, "--out", tmp_path / "t.csv", "--config", shop)
    text = (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    assert [cell for line in text.splitlines() for cell in line.split(",") if cell[:1] in set("=+-@")] == []
