"""``kg link``: names on the command line and in files, for people and for machines."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kg.build.settings import LinkingOptions, ProductLinking, open_workspace
from kg.model import Candidate
from linkers.products.explain import acceptance, advantage
from linkers.products.features import FEATURES
from linkers.products.model import default_model
from linkers.products.registry import DEFAULT_PRODUCT_LINKER, PRODUCT_LINKERS
from tests.parts.commands import Said, kg

PRODUCTS = """\
id,title,brand,category,price,description
001,Panasonic NN-SD377S Microwave Oven Stainless Steel,Panasonic,Kitchen > Microwave Ovens,129.00,800 W
002,Panasonic NN-H765WF Microwave Oven White,Panasonic,Kitchen > Microwave Ovens,99.00,
-3,Northfold Oat Milk Original 1 L,Northfold,Groceries > Milk,1.99,
388690,Northfold Oat Milk No Sugars 1 L,Northfold,Groceries > Milk,2.09,
882250,Lumerell Lemon Dish Soap 750 ml,Lumerell,Household > Cleaning,2.49,
608508,Kindlewash Lavender Dish Soap 500 ml,Kindlewash,Household > Cleaning,1.59,
7,Kindlewash \x1b[31mGlass Cleaner\x07 500 ml,Kindlewash,Household > Cleaning,3.00,
8,Lumerell Glass Cleaner 500 ml,Lumerell,Household > Cleaning,3.00,
"""
CONFIG = "catalog: {files: [products.csv]}\nintents: {file: ''}\nengagement: {file: ''}\n"
RESULTS = [
    "type_id", "type_name", "type_confidence", "product_id", "product_title", "product_confidence", "margin", "reason",
]  # fmt: skip
MICROWAVE = "Panasonic NN-SD377S microwave oven stainless"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a small shop whose catalogue was read and indexed."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "products.csv").write_text(PRODUCTS)
    (folder / "config.yaml").write_text(CONFIG)
    said = kg("build", "--to", "catalog", "-q", "--config", folder / "config.yaml")
    assert said.code == 0, said.err
    assert kg("link", "oat milk", "-q", "--config", folder / "config.yaml").code == 0
    return folder / "config.yaml"


def link(shop: Path, *arguments: object) -> Said:
    """Run ``kg link`` in the shop."""
    return kg("link", *arguments, "--config", shop)


def only(shop: Path, mention: str, *more: object) -> dict[str, Any]:
    """Return the answer to one mention, for machines."""
    (answer,) = link(shop, mention, "--json", *more).data
    return answer


def rows_of(file: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_mention_has_a_line_for_the_type_and_one_for_the_product(shop: Path) -> None:
    """Both name the target with its id, confidence and margin, and the reason below."""
    said = link(shop, MICROWAVE)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == MICROWAVE
    assert lines[1].startswith("  type     microwave oven")
    assert "(001)  confidence " in lines[3]
    assert "margin" in lines[3]
    assert "has the same model number" in lines[4] or "is nearest" in lines[4] or "nearest to" in lines[4]


def test_what_is_not_sold_is_nil_with_the_nearest_and_why(shop: Path) -> None:
    """NIL is said plainly, with what would have been needed and what came near."""
    out = link(shop, "oat milk", "--to", "products").out
    assert "  product  NIL  confidence 0." in out
    assert "is needed" in out
    assert "is nearest, but not near enough" in out
    assert "also near:" in out
    assert "(-3)" in out
    assert "(388690)" in out


def test_a_kind_with_several_products_says_what_tells_them_apart(shop: Path) -> None:
    """A name that means a type gets the type; of its products none is picked by chance."""
    out = link(shop, "oat milk").out
    assert "type     oat milk (oat-milk)" in out
    assert "the brand, size or variant would tell them apart" in out


def test_several_mentions_are_answered_in_order(shop: Path) -> None:
    """As many answers as mentions, repeated ones too."""
    found = link(shop, "oat milk", MICROWAVE, "oat milk", "--json").data
    assert [answer["mention"] for answer in found] == ["oat milk", MICROWAVE, "oat milk"]
    assert found[0] == found[2]


@pytest.mark.parametrize(
    ("to", "there"), [("types", ["type"]), ("products", ["product"]), ("both", ["type", "product"])]
)
def test_machines_get_one_document(shop: Path, to: str, there: list[str]) -> None:
    """A list with mention, type and product for each; what was not asked for is null."""
    answer = only(shop, "oat milk", "--to", to)
    assert list(answer) == ["mention", "product", "type"]
    assert [name for name in ("type", "product") if answer[name]] == there
    assert all(answer[name]["reason"] and answer[name]["candidates"] for name in there)


@pytest.mark.parametrize("mention", ["", "!?", "x" * 600, "zzzz qqqq", "=cmd()", "-3"])
def test_any_text_has_an_answer(shop: Path, mention: str) -> None:
    """Text that is no name is NIL with a reason, never an error."""
    said = kg("link", "--json", "--config", shop, "--", mention)
    assert said.code == 0
    assert said.data[0]["product"]["target_id"] is None
    assert kg("link", "--config", shop, "--", mention).out.count("NIL") == 2


def test_explaining_shows_candidates_features_and_how_they_add_up(shop: Path) -> None:
    """The candidates with probabilities, each feature with its meaning and weight, and the sum that decides."""
    out = link(shop, MICROWAVE, "--explain").out
    for part in (
        "candidates:", "why the first one comes before the second:", "so far", FEATURES["said"],
        "before anything is known", "probability 1 / (1 + exp(", "is needed; margin to the runner-up",
    ):  # fmt: skip
        assert part in out
    assert out.count("so far") == 2


@pytest.mark.parametrize("linker", ["exact", "semantic"])
def test_a_linker_without_weights_explains_what_it_compared(shop: Path, linker: str) -> None:
    """There is no sum to show: the features of the best candidate stand alone."""
    out = link(shop, "oat milk", "--explain", "--linker", linker, "--to", "products").out
    assert "what was compared, of the first one:" in out
    assert "so far" not in out


def test_a_sum_of_parts_is_the_probability() -> None:
    """The terms that explain a link add up to the model's own log-odds and difference of scores."""
    model = default_model()
    first, second = Candidate("a", "A", 0.9, {"said": 1.0, "inside": 0.9}), Candidate("b", "B", 0.1, {"said": 0.5})
    weights = model.features
    scores = [weights["said"] + 0.9 * weights["inside"], 0.5 * weights["said"]]
    assert sum(part.adds for part in advantage(model, [first, second])) == pytest.approx(scores[0] - scores[1])
    lead = next(part for part in acceptance(model, [first, second]) if part.name == "lead")
    assert lead.value == pytest.approx(scores[0] - scores[1])
    alone = next(part for part in acceptance(model, [first]) if part.name == "share")
    assert alone.value == pytest.approx(1.0)


def test_precision_decides_what_is_accepted(shop: Path) -> None:
    """A lower one accepts what a higher one refuses, with the same confidence."""
    mention = "northfold oat milk original 1 l"
    low, high = (only(shop, mention, "--precision", p, "--to", "products")["product"] for p in (0.5, 0.999))
    assert (low["target_id"], high["target_id"]) == ("-3", None)
    assert low["confidence"] == high["confidence"]


def test_another_linker_can_be_tried(shop: Path) -> None:
    """--linker beats the configuration, for types and for products."""
    answer = only(shop, "the oat milk", "--linker", "exact")
    assert (answer["type"]["target_id"], answer["type"]["reason"]) == (None, "no target has this name")
    assert only(shop, "lumerell glass cleaner 500 ML", "--linker", "exact")["product"]["target_id"] == "8"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name one or more mentions, or a file with --file"),
        (("x", "--file", "FILE"), "do not go together"),
        (("--file", "FILE", "--json"), "--out NAME.jsonl"),
        (("--file", "FILE", "--explain"), "--explain is for mentions"),
        (("--file", "FILE", "--out", "FILE"), "--out is the file itself"),
        (("--file", "FILE", "--out", "x.xlsx"), "call it .csv or .jsonl"),
        (("--file", "nosuch.csv"), "'nosuch.csv' does not exist"),
        (("x", "--out", "y.csv"), "--out needs --file"),
        (("x", "--limit", "3"), "--limit needs --file"),
        (("x", "--to", "types", "--precision", "0.9"), "--precision is for products"),
        (("x", "--linker", "exact", "--precision", "0.9"), "decides without a precision"),
        (("x", "--linker", "hybird"), "'hybird' is not one of"),
        (("\udcff",), "is not text in this terminal's encoding"),
    ],
)
def test_wrong_usage_exits_with_2(shop: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """The mistake is named on stderr, and nothing goes to stdout."""
    file = tmp_path / "mentions.csv"
    file.write_text("mention\noat milk\n")
    found = link(shop, *(str(file) if argument == "FILE" else argument for argument in arguments))
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert file.read_text() == "mention\noat milk\n"


def test_without_a_catalogue_the_remedy_is_one_line(tmp_path: Path) -> None:
    """Exit 1, and the command that reads the catalogue."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    said = link(tmp_path / "config.yaml", "oat milk")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "run 'kg build --to catalog'" in said.err


def test_a_new_catalogue_is_linked_to_at_once(tmp_path: Path) -> None:
    """After the next build the index follows, says so on stderr, and finds what is new."""
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    for more, code in (("", None), ("9,Zorbo Foot Spa 3000,Zorbo,Household,10,\n", "9")):
        (tmp_path / "products.csv").write_text(PRODUCTS + more)
        assert kg("build", "--to", "catalog", "-q", "--config", config).code == 0
        said = link(config, "Zorbo Foot Spa 3000", "--to", "products", "--json")
        assert said.data[0]["product"]["target_id"] == code
        assert "reading products for the index" in said.err


def test_a_file_is_linked_row_by_row(shop: Path, tmp_path: Path) -> None:
    """What was received stands first and unchanged, then what was found; refused rows are beside the output."""
    file, out = tmp_path / "mentions.csv", tmp_path / "linked.csv"
    file.write_text(
        "sku,Mention,Brand,price\n0017,northfold oat milk original 1 l,Northfold,1.99\nb,zzzz,,\nc,,,\n"
        "d,x,,many\ne,too,many,fields,here\n",
    )
    said = link(shop, "--file", file, "--out", out)
    rows = rows_of(out)
    assert [list(row) for row in rows] == [["sku", "Mention", "Brand", "price", *RESULTS]] * 2
    assert (rows[0]["sku"], rows[0]["product_id"], rows[0]["type_id"]) == ("0017", "'-3", "oat-milk")
    assert (rows[1]["product_id"], rows[1]["product_title"], rows[1]["type_name"]) == ("", "", "")
    assert "nearest" in rows[1]["reason"]
    rejects = [json.loads(line) for line in Path(f"{out}.rejects.jsonl").read_text().splitlines()]
    assert [(reject["line"], reject["field"]) for reject in rejects] == [(4, "Mention"), (5, "price"), (6, "")]
    assert all(reject["reason"] and reject["remedy"] for reject in rejects)
    assert "5 rows = 1 linked + 1 NIL + 3 refused; 1 with a type, 1 with a product" in said.err
    assert (said.code, said.out) == (3, "")
    assert "3 of 5 rows could not be read" in said.err


def test_rows_that_can_all_be_read_leave_no_rejects(shop: Path, tmp_path: Path) -> None:
    """Exit 0; rejects of an earlier run to the same output go."""
    out = tmp_path / "linked.csv"
    Path(f"{out}.rejects.jsonl").write_text("old")
    (tmp_path / "m.tsv").write_text("title\tid\noat milk\t1\n")
    said = link(shop, "--file", tmp_path / "m.tsv", "--out", out)
    assert (said.code, sorted(path.name for path in tmp_path.iterdir())) == (0, ["linked.csv", "m.tsv"])


def test_json_lines_keep_their_values(shop: Path, tmp_path: Path) -> None:
    """Packed JSON lines in, JSON lines out: numbers and lists as received, null for what was not found."""
    file, out = tmp_path / "m.jsonl.gz", tmp_path / "out.jsonl"
    with gzip.open(file, "wt") as handle:
        handle.write('{"query": "oat milk", "n": [1, 2]}\n{"query": "zzzz", "late": 1.5}\n')
    assert link(shop, "--file", file, "--out", out, "--to", "types").code == 0
    first, second = (json.loads(line) for line in out.read_text().splitlines())
    assert (first["n"], first["type_id"], first["product_confidence"]) == ([1, 2], "oat-milk", None)
    assert (second["late"], second["type_id"]) == (1.5, None)
    assert link(shop, "--file", file, "--out", tmp_path / "out.csv", "--to", "types").code == 0
    assert [row["late"] for row in rows_of(tmp_path / "out.csv")] == ["", "1.5"]


def test_without_an_output_the_rows_go_to_stdout(shop: Path, tmp_path: Path) -> None:
    """CSV on stdout, the counts and the first refused rows on stderr; --limit takes rows from the top."""
    (tmp_path / "m.csv").write_text("name\noat milk\n \nzzzz\n")
    said = link(shop, "--file", tmp_path / "m.csv", "--limit", 2, "--to", "types")
    assert [row["name"] for row in csv.DictReader(said.out.splitlines())] == ["oat milk"]
    assert "m.csv:3: name: the mention is empty; write what is to be linked" in said.err
    assert "2 rows = 1 linked + 0 NIL + 1 refused" in said.err


def test_no_cell_is_a_formula_and_catalogue_text_is_clean(shop: Path, tmp_path: Path) -> None:
    """What a spreadsheet would run has an apostrophe before it; titles come without control characters."""
    (tmp_path / "m.csv").write_text("name,note\nKindlewash Glass Cleaner 500 ml,=1+1\n")
    link(shop, "--file", tmp_path / "m.csv", "--out", tmp_path / "o.csv", "--precision", "0.5")
    (row,) = rows_of(tmp_path / "o.csv")
    assert (row["note"], row["product_id"]) == ("'=1+1", "7")
    assert "\x1b" not in row["product_title"] + row["reason"]
    assert "Glass Cleaner" in row["product_title"]


def test_hostile_text_cannot_reach_the_terminal(shop: Path, tmp_path: Path) -> None:
    """Neither from the catalogue nor from the mention or file, however it is shown."""
    out = link(shop, "Kindlewash \x1b]0;x\x07 Glass Cleaner", "--explain").out
    assert "\x1b" not in out
    (tmp_path / "m.csv").write_text("name\nGlass \x1b[31mCleaner\n")
    main_end, its_end = pty.openpty()
    command = [sys.executable, "-m", "kg.cli.main", "link", "--file", str(tmp_path / "m.csv"), "--config", str(shop)]
    with subprocess.Popen(command, stdout=its_end, stderr=subprocess.DEVNULL) as process:
        os.close(its_end)
        said = b""
        try:
            while piece := os.read(main_end, 4096):
                said += piece
        except OSError:  # Linux says so when the other end is closed
            pass
        process.wait()
    os.close(main_end)
    assert b"Cleaner" in said
    assert b"\x1b" not in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("m.csv", b"", "the file is empty; give a CSV"),
        ("m.csv", b"a,b\n1,2\n", "no column holds the mentions; the file has: a, b; call the column 'mention'"),
        ("m.csv", b"name,name\n1,2\n", "two columns are called 'name'"),
        ("m.csv", b"name,margin\n1,2\n", "there is a column 'margin' already"),
        ("m.csv", b"\xff\xfen\0a\0", "the file is UTF-16; give a CSV"),
        ("m.jsonl", b"[]\n", "this is one JSON array"),
        ("m.jsonl", b"no\n", "no column holds the mentions; the file has: no columns"),
        ("m.csv.gz", b"\x1f\x8bxx", "gzip"),
        ("m.doc", b"x", "the name does not say which format this is"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    shop: Path, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    """Exit 1, one line with a remedy, and no output."""
    (tmp_path / name).write_bytes(content)
    found = link(shop, "--file", tmp_path / name, "--out", tmp_path / "o.csv")
    assert (found.code, found.out, found.err.count("\n")) == (1, "", 1)
    assert said in found.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_bytes_that_are_no_text_refuse_their_row_only(shop: Path, tmp_path: Path) -> None:
    """A row of another encoding is a reject with its line; the others are linked."""
    (tmp_path / "m.csv").write_bytes(b"name\ncr\xe8me\noat milk\n")
    said = link(shop, "--file", tmp_path / "m.csv", "--out", tmp_path / "o.csv")
    assert said.code == 3
    (reject,) = (json.loads(line) for line in (tmp_path / "o.csv.rejects.jsonl").read_text().splitlines())
    assert (reject["line"], reject["remedy"]) == (2, "save the file as UTF-8")
    assert [row["type_id"] for row in rows_of(tmp_path / "o.csv")] == ["oat-milk"]


def test_every_registered_linker_of_products_has_settings() -> None:
    """What can be registered can be configured, and the default is the registry's."""
    assert ProductLinking.model_fields.keys() - {"linker"} == PRODUCT_LINKERS.keys()
    assert {name: type(getattr(ProductLinking(), name)) for name in PRODUCT_LINKERS} == {
        name: options for name, (options, _) in PRODUCT_LINKERS.items()
    }
    assert LinkingOptions().products.linker == DEFAULT_PRODUCT_LINKER
    assert (ProductLinking.model_fields["linker"].description or "").endswith(", ".join(sorted(PRODUCT_LINKERS)))


def test_a_model_is_looked_for_beside_the_configuration(tmp_path: Path) -> None:
    """linking.products.<linker>.model starts at the folder of config.yaml, like every path in it."""
    (tmp_path / "config.yaml").write_text("linking: {products: {hybrid: {model: shop.json}}}")
    workspace = open_workspace(tmp_path / "config.yaml")
    assert workspace.product_linking().hybrid.model == str(tmp_path / "shop.json")
    assert workspace.product_linking().lexical.model is None


def test_a_model_that_is_missing_is_one_line(shop: Path) -> None:
    """Exit 1, the path as it was looked for, and the setting to check."""
    other = shop.with_name("other.yaml")
    other.write_text(CONFIG + "linking: {products: {hybrid: {model: nosuch.json}}}\n")
    said = link(other, "oat milk")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert f"{shop.parent / 'nosuch.json'}: cannot be read" in said.err
    assert "check linking.products.hybrid.model" in said.err
