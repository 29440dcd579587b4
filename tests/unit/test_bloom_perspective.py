"""The perspective for Neo4j Bloom: what it must hold, and that it is the same each time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kg.errors import InputError
from kg.model import Relation
from kg.store import queries
from kg.store.bloom.perspective import NAME, deep_link, perspective, write_perspective
from kg.store.bloom.phrases import ACTIONS, PHRASES
from kg.store.bloom.styles import NODE_STYLES, RELATION_STYLES
from kg.store.kinds import EDGE_KINDS, NODE_KINDS
from tests.parts.commands import kg, sample_shop

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "bloom_perspective_schema.json").read_text())
GUIDE = Path(__file__).parents[2] / "docs" / "bloom.md"
FILES = sorted(name.removeprefix("bloom/") for name in queries.names() if name.startswith("bloom/"))
KNOWLEDGE = {"SATISFIED_BY", "COMPLEMENTS", "SUBSTITUTES", "PAIRS_WITH"}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def made() -> Json:
    """The perspective as a reader of its file gets it."""
    return json.loads(json.dumps(perspective()))


def _objects(made: Json) -> Iterator[tuple[str, Json]]:
    """Yield every object of the perspective that the schema describes, with its name there."""
    yield "perspective", made
    yield "metadata", made["metadata"]
    for index in made["metadata"]["indexes"]:
        yield "metadata.index", index
    for category in made["categories"]:
        yield "category", category
        yield from (("category.property", each) for each in category["properties"])
        yield from _styled(category)
    for kind in made["relationshipTypes"]:
        yield "relationshipType", kind
        yield from _styled(kind)
    for template in made["templates"]:
        yield "template", template
        yield from (("template.param", each) for each in template["params"])
    yield from (("sceneAction", each) for each in made["sceneActions"])


def _styled(owner: Json) -> Iterator[tuple[str, Json]]:
    yield from (("caption", each) for each in owner["captions"])
    for rule in owner["styleRules"]:
        yield "styleRule", rule
        yield from (("caption", each) for each in rule["captions"])


def mistakes(made: Json) -> list[str]:
    """Return what the schema does not allow: missing and unknown keys, and values of another type."""
    found: list[str] = []
    for name, value in _objects(made):
        required, optional = SCHEMA["objects"][name]["required"], SCHEMA["objects"][name]["optional"]
        found += [f"{name}: no {key}" for key in required.keys() - value.keys()]
        found += [f"{name}: unknown {key}" for key in value.keys() - required.keys() - optional.keys()]
        found += [
            f"{name}.{key}: {type(value[key]).__name__}"
            for key, types in (required | optional).items()
            if key in value and type(value[key]).__name__ not in types
        ]
    return found


def test_it_has_the_keys_and_types_of_a_real_export(made: Json) -> None:
    """Every object has all that Bloom 2.21 writes, of the same types, and nothing else."""
    assert mistakes(made) == []
    assert made["version"] == SCHEMA["version"] == "2.21.0"
    assert {name for name, _ in _objects(made)} == set(SCHEMA["objects"])


def test_the_schema_refuses_what_is_wrong(made: Json) -> None:
    """A missing key, an unknown one and a value of another type are each found."""
    wrong = json.loads(json.dumps(made))
    wrong["templates"][0]["hasCypherErrors"] = 0
    del wrong["categories"][0]["icon"]
    wrong["relationshipTypes"][0]["styleRules"][0]["hue"] = 1
    assert mistakes(wrong) == ["category: no icon", "styleRule: unknown hue", "template.hasCypherErrors: int"]


def test_it_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Two processes with other hash seeds write the same bytes; another name makes another id."""
    script = (
        "import sys; from pathlib import Path; from kg.store.bloom.perspective import write_perspective; "
        "write_perspective(Path(sys.argv[1]))"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / seed)],
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert perspective("another")["id"] != perspective(NAME)["id"]


def test_ids_are_used_once(made: Json) -> None:
    """No two phrases, actions, rules or categories share an id, and ids look as Bloom's do."""
    rules = [rule["id"] for name in ("categories", "relationshipTypes") for o in made[name] for rule in o["styleRules"]]
    phrases, actions = ([each["id"] for each in made[name]] for name in ("templates", "sceneActions"))
    ids = [made["id"], *rules, *phrases, *actions]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"tmpl:\d{13}", each) for each in phrases)
    assert all(re.fullmatch(r"rule:\d{13}", each) for each in rules)
    assert [category["id"] for category in made["categories"]] == [1, 2, 3, 4]


def test_categories_are_what_people_browse(made: Json) -> None:
    """Intents, types, products and headings are categories; our bookkeeping is none, and what is none is hidden."""
    assert [c["labels"] for c in made["categories"]] == [["Intent"], ["ProductType"], ["Product"], ["Theme"]]
    assert made["hideUncategorisedData"] is True
    assert not {"KgMeta", "KgRetired", "KgLock"} & set(made["labels"])


def test_every_property_of_the_graph_is_known(made: Json) -> None:
    """What the loader writes on a node is in its category; what only keeps order is hidden there."""
    for table in NODE_KINDS:
        (category,) = (c for c in made["categories"] if c["labels"] == [table.label.value])
        assert [p["name"] for p in category["properties"]] == table.ours
        hidden = {p["name"] for p in category["properties"] if p["exclude"]}
        assert {"h", "since", "until"} <= hidden
        assert not {"id", "name", "title", "search"} & hidden
        assert not hidden & {caption["key"] for caption in category["captions"]}


def test_every_relation_has_a_style(made: Json) -> None:
    """Each relation of the graph is drawn, with the edges it has between labels."""
    assert {each["name"] for each in made["relationshipTypes"]} == {relation.value for relation in Relation}
    segments = {(s["source"], s["relationshipType"], s["target"]) for s in made["metadata"]["pathSegments"]}
    assert segments == {(kind.source.value, kind.relation.value, kind.target.value) for kind in EDGE_KINDS}


def test_captions_and_tooltips_name_properties_that_are_there(made: Json) -> None:
    """A node is called by its name or title; an edge tells its explanation, and whether somebody marked it."""
    for owner in (*made["categories"], *made["relationshipTypes"]):
        known = {p.get("name", p.get("propertyKey")) for p in owner["properties"]}
        assert {c["key"] for c in owner["captions"] if c["type"] == "property"} <= known
    shown = [[c["key"] for c in category["captions"] if c["isCaption"]] for category in made["categories"]]
    assert shown == [["name"], ["name"], ["title"], ["name"]]
    for each in made["relationshipTypes"]:
        if each["name"] in KNOWLEDGE:
            assert [c["key"] for c in each["captions"] if c["isCaption"]] == [each["name"], "review"]
            assert {"explanation", "confidence"} <= {c["key"] for c in each["captions"] if c["inTooltip"]}


def test_lines_say_how_sure_an_edge_is(made: Json) -> None:
    """Confidence makes a line of knowledge thicker and darker from 0.5 to 0.8."""
    for each in made["relationshipTypes"]:
        rules = {rule["basedOn"]: rule for rule in each["styleRules"]}
        assert ("confidence_number" in rules) == (each["name"] in KNOWLEDGE)
        if rule := rules.get("confidence_number"):
            assert (rule["type"], rule["applySize"], rule["applyColor"]) == ("range", True, True)
            assert (rule["minSizeValue"], rule["maxSizeValue"]) == ("0.5", "0.8")
            assert rule["minSize"] < rule["maxSize"]
            assert _luminance(rule["minColor"]) > _luminance(rule["midColor"]) > _luminance(rule["maxColor"])


def test_versions_that_are_not_served_are_faint(made: Json) -> None:
    """The first rule of every relation draws a line thin and light when it has 'until'."""
    for each in made["relationshipTypes"]:
        rule = each["styleRules"][0]
        assert (rule["basedOn"], rule["condition"], rule["conditionValue"]) == ("until_bigint", "greater-than", "0")
        assert (rule["size"], rule["applySize"], rule["applyColor"]) == (1, True, True)
        assert _luminance(rule["color"]) > 0.6
        assert "until" in {p["propertyKey"] for p in each["properties"]}


def test_rules_are_based_on_properties_of_that_kind(made: Json) -> None:
    """'confidence_number' is a property called confidence that holds a number; so with every rule."""
    for owner in (*made["categories"], *made["relationshipTypes"]):
        known = {f"{p.get('name', p.get('propertyKey'))}_{p['dataType']}" for p in owner["properties"]}
        assert {rule["basedOn"] for rule in owner["styleRules"]} <= known


def test_every_file_of_cypher_is_used_and_embedded_without_comments(made: Json) -> None:
    """Phrases and actions are the files of cypher/bloom; saved queries for review are not in the perspective."""
    used = {phrase.file for phrase in PHRASES} | {action.file for action in ACTIONS}
    assert used | {name for name in FILES if name.startswith("review_")} == set(FILES)
    texts = [each["cypher"] for name in ("templates", "sceneActions") for each in made[name]]
    assert texts == [queries.cypher(f"bloom/{each.file}") for each in (*PHRASES, *ACTIONS)]
    assert not any("//" in line.split("'")[0] for text in texts for line in text.splitlines())


@pytest.mark.parametrize("name", FILES)
def test_every_file_says_what_it_is(name: str) -> None:
    """Purpose, parameters, result and cost stand at the top, in this order."""
    heads = re.findall(r"^// (\w+): ", queries.header(f"bloom/{name}"), re.MULTILINE)
    assert heads == ["Purpose", "Parameters", "Result", "Cost"]


def test_a_phrase_its_parameters_and_its_cypher_agree(made: Json) -> None:
    """The places in the text are the parameters, and those that the Cypher reads."""
    for template in made["templates"]:
        places = re.findall(r"\$\w+", template["text"])
        assert places == [parameter["name"] for parameter in template["params"]]
        assert set(re.findall(r"\$\w+", template["cypher"])) == set(places)
    for action in made["sceneActions"]:
        assert set(re.findall(r"\$\w+", action["cypher"])) == {"$nodes" if action["categories"] else "$relationships"}


def test_names_are_suggested_where_they_can_be(made: Json) -> None:
    """Bloom completes the names of intents and types, titles of products and builds, from labels that it knows."""
    suggested = {
        parameter["name"]: (parameter["suggestionLabel"], parameter["suggestionProp"])
        for template in made["templates"]
        for parameter in template["params"]
    }
    assert suggested["$intent"] == ("Intent", "name")
    assert suggested["$type"] == ("ProductType", "name")
    assert suggested["$product"] == ("Product", "title")
    assert suggested["$build"] == ("KgGeneration", "build")
    for label, key in suggested.values():
        assert label is None or key in {p["propertyKey"] for p in made["labels"][label]}


def test_phrases_and_actions_are_bounded(made: Json) -> None:
    """Each ends in a LIMIT, and all that only read ask which generation is served."""
    for each in (*made["templates"], *made["sceneActions"]):
        assert re.search(r"\nLIMIT \d+$", each["cypher"]), each["name"]
        assert "\nSET " in each["cypher"] or "<= m.generation" in each["cypher"], each["name"]


def test_only_marking_writes(made: Json) -> None:
    """Approve, reject and clear write properties that are the reader's; nothing else writes, creates or deletes."""
    ours = {name for kind in EDGE_KINDS for name in kind.ours}
    for each in (*made["templates"], *made["sceneActions"]):
        sets = [line for line in each["cypher"].splitlines() if line.startswith("SET ")]
        written = {name for line in sets for name in re.findall(r"r\.(\w+) = ", line)}
        assert bool(written) == bool(each["isUpdateQuery"]) == bool(each["isWriteTransactionChecked"])
        assert not written & ours
        assert written <= {"review", "review_at", "review_by"}
        assert not re.search(r"\b(CREATE|MERGE|DELETE|REMOVE)\b", each["cypher"])


def test_words_are_cleaned_the_same_everywhere() -> None:
    """The lines that turn words into a full-text query are the same in every file that has them."""
    pattern = re.compile(r"WITH [\w, ]+, reduce\(s = .*?WHERE query <> ''\n", re.DOTALL)
    found = [match for name in FILES for match in pattern.findall(queries.cypher(f"bloom/{name}"))]
    assert len(found) > 10
    assert len({re.sub(r"WITH [\w, ]+, reduce|\$\w+", "", text) for text in found}) == 1


def test_node_colours_differ_for_every_kind_of_colour_vision() -> None:
    """Categories, and relations between them, stay apart for people who lack one kind of cone."""
    for colors in ([style.color for style in NODE_STYLES], [style.color for style in RELATION_STYLES if style.weighed]):
        for seen in (None, *_LACKING):
            for a, b in combinations(colors, 2):
                assert _distance(a, b, seen) > 12, (a, b, seen)


def test_writing_refuses_to_replace(tmp_path: Path) -> None:
    """A file that is there stays unless replacing was asked for."""
    path = tmp_path / "p.json"
    write_perspective(path)
    with pytest.raises(InputError, match="there is a file already"):
        write_perspective(path, "another")
    assert write_perspective(path, "another", replace=True)["name"] == "another"
    assert json.loads(path.read_text())["name"] == "another"


def test_a_link_opens_the_perspective_and_asks() -> None:
    """The link carries search, perspective and run, whatever is in them."""
    link = urlsplit(deep_link("What satisfies salt & pepper?", "Our #1"))
    assert link.path == "/bloom/"
    assert parse_qs(link.query) == {
        "search": ["What satisfies salt & pepper?"], "perspective": ["Our #1"], "run": ["true"],
    }  # fmt: skip


def test_the_command_writes_the_file_and_says_what_next(tmp_path: Path) -> None:
    """A file, where to import it, and what to type; data on stdout, the rest on stderr."""
    path = tmp_path / "shop.json"
    said = kg("bloom", "export", "--out", path, "--name", "Our shop", "--config", tmp_path / "none.yaml")
    assert said.code == 0
    assert json.loads(path.read_text()) == json.loads(json.dumps(perspective("Our shop")))
    assert said.out == f"wrote {path}: perspective 'Our shop', {len(PHRASES)} search phrases, {len(ACTIONS)} actions\n"
    assert "perspective gallery" in said.err
    assert "perspective=Our%20shop" in said.err
    assert "embedded" not in said.err


def test_the_command_talks_to_machines(tmp_path: Path) -> None:
    """--json gives one document; a file that is there, and a name of blanks, are refused."""
    path = tmp_path / "shop.json"
    said = kg("bloom", "export", "--out", path, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.data["file"] == str(path)
    assert (said.data["name"], said.data["version"], said.data["phrases"]) == (NAME, "2.21.0", len(PHRASES))
    again = kg("bloom", "export", "--out", path)
    assert again.code == 1
    assert "--force" in again.err
    assert kg("bloom", "export", "--out", path, "--force").code == 0
    assert kg("bloom", "export", "--out", path, "--name", " ").code == 2


def test_an_embedded_graph_is_spoken_of(tmp_path: Path) -> None:
    """Who has an embedded graph is told that Bloom cannot open it."""
    said = kg("bloom", "export", "--out", tmp_path / "p.json", "--config", sample_shop(tmp_path / "shop"))
    assert said.code == 0
    assert "Bloom cannot open it" in said.err


def test_the_guide_names_every_phrase_and_action() -> None:
    """docs/bloom.md explains what can be typed and what can be done, and shows only pictures that are there."""
    guide = GUIDE.read_text(encoding="utf-8")
    flat = " ".join(guide.split())
    assert [phrase.text for phrase in PHRASES if f"| {phrase.text} |" not in guide] == []
    assert [action.name for action in ACTIONS if action.name not in flat] == []
    pictures = re.findall(r"\]\((images/[\w.]+)\)", guide)
    assert len(pictures) == 4
    assert all((GUIDE.parent / picture).is_file() for picture in pictures)
    assert deep_link("What satisfies insomnia") in guide


# Simulation of dichromacy: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for
# Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009, severity 1.0, on linear RGB.
_LACKING = (
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
)
_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_WHITE = (0.9505, 1.0, 1.089)


def _linear(color: str) -> list[float]:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _luminance(color: str) -> float:
    return sum(weight * part for weight, part in zip(_TO_XYZ[1], _linear(color), strict=True))


def _times(matrix: tuple[tuple[float, ...], ...], vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _lab(color: str, seen: tuple[tuple[float, ...], ...] | None) -> tuple[float, float, float]:
    """Return CIE L*a*b* of a colour as it is seen with a matrix of :data:`_LACKING`."""
    rgb = _linear(color)
    rgb = [min(1.0, max(0.0, part)) for part in (_times(seen, rgb) if seen else rgb)]
    x, y, z = (
        ratio ** (1 / 3) if ratio > 0.008856 else 7.787 * ratio + 16 / 116
        for ratio in (part / white for part, white in zip(_times(_TO_XYZ, rgb), _WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _distance(a: str, b: str, seen: tuple[tuple[float, ...], ...] | None) -> float:
    """Return the CIE76 difference: about 2 is just noticeable."""
    return sum((p - q) ** 2 for p, q in zip(_lab(a, seen), _lab(b, seen), strict=True)) ** 0.5
