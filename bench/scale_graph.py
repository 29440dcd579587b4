"""A build's files of any size for the graph store, shaped like a real build, and the same build a little later.

Products belong to types of very different sizes; a type is linked to six others, and each of its products to the best
few products of those (so these have thousands of edges), 8.6 on average: 3.9 COMPLEMENTS, 3 PAIRS_WITH, 1.7
SUBSTITUTES. One IS_A a product, intents and themes make it ten. Texts are plain words, as long as those of real
catalogues and models. Everything follows from the numbers given: the same files for the same arguments.

Each explanation ends with the version that wrote it, "(v1)", so a reader can tell which build an answer is from.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from string import Template

import duckdb

from kg.store.tables import GraphFiles
from tests.servers.graph_files import files_in

__all__ = ["EDGES_PER_PRODUCT", "make"]

EDGES_PER_PRODUCT = 10
"""About how many edges of all kinds there are for one product."""

_CONFIG: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "3GB", "preserve_insertion_order": False}
_ADJECTIVES = (
    "almond apple baked bamboo berry black blue bright brown cherry classic clear cocoa coconut cold cotton crisp "
    "dark dried dry fine fresh frozen garlic ginger golden grain green grilled hand herb honey hot kids large lemon "
    "light lime long mango maple mild mint mini natural oat olive orange organic peach pear pink plain pure quick raw "
    "red rice roasted round salted sea sharp short silk slim smoked smooth soft sour spiced steel strong sweet thick "
    "thin tomato tropical vanilla warm white whole wild wool yellow"
)
_NOUNS = (
    "bag balm bandage bar basket bath battery bean bed bell blanket blender board boot bottle bowl box bread brush "
    "bucket bulb butter cable cake camera candle candy cap card carpet case cereal chair charger cheese chips clamp "
    "cleaner clock cloth coat coffee collar comb cookie cooler cord cracker cream cup curtain cushion detergent "
    "diaper dip doll drill drink duvet fan fertilizer filter fish flashlight flour fork fruit glove glue grill "
    "grinder hammer hat heater helmet hose ink jacket jam juice kettle knife lamp leash lens litter lock lotion mat "
    "mattress meat milk mirror mop mug napkin noodle notebook nut oil pan paper paste pen pillow pipe pizza plate pot "
    "powder razor rope rug salad salsa salt sauce scarf screen seed shampoo shelf shirt shoe soap sock soda soup "
    "spice sponge spoon spray stick stove sugar table tape tea tent tissue toaster tool towel toy tray vase vinegar "
    "wallet wax wine wrap"
)
_FORMS = "pack set refill mix bundle case kit box roll bar tube jar tin bag"
_MACROS = f"""
CREATE MACRO adjective(n) AS ({_ADJECTIVES.split()})[1 + (n % $adjectives)::INT];
CREATE MACRO noun(n) AS ({_NOUNS.split()})[1 + (n % $nouns)::INT];
CREATE MACRO form(n) AS ({_FORMS.split()})[1 + (n % $forms)::INT];
CREATE MACRO share(n, what) AS (hash(n, what) % 10000) / 10000.0;
CREATE MACRO product_id(n) AS lpad((n::BIGINT * 48271 % 2147483647)::VARCHAR, 10, '0');
CREATE MACRO name_of(n) AS adjective(n) || ' ' || noun(n // $adjectives) || ' ' || form(n // ($adjectives * $nouns));
CREATE MACRO mark(a, b, c, d) AS left(md5(concat_ws(chr(31), a, b, c, d)), 16);
"""
_KINDS = """
CREATE TABLE kind AS
SELECT t, n, (sum(n) OVER (ORDER BY t))::BIGINT - n AS start, name_of(t * 7919) AS name,
  replace(name_of(t * 7919), ' ', '-') AS id,
  adjective(hash(t % 40, 'aisle')) || ' > ' || noun(hash(t % 400, 'shelf')) AS category
FROM (
  SELECT t, base + if(t = 0, $products - (sum(base) OVER ())::BIGINT, 0) AS n
  FROM (
    SELECT t, greatest(1, floor($products * w / sum(w) OVER ()))::BIGINT AS base
    FROM (SELECT range AS t, pow(range + 20, -0.6) AS w FROM range($types))))
"""
_INTENTS = """
CREATE TABLE intent AS
SELECT j, 'i-' || replace(name_of(j * 104729), ' ', '-') AS id, name_of(j * 104729) || ' evening' AS name,
  ['need', 'activity', 'occasion', 'dish', 'audience', 'query'][1 + j % 6] AS kind,
  'When the ' || noun(hash(j, 'a')) || ' and the ' || noun(hash(j, 'b')) || ' have to be right.' AS description,
  round(1000 * share(j, 'p'), 1) AS popularity
FROM (SELECT range AS j FROM range($intents))
"""
# What an end is linked to: to how many products of a type, and where these stand among all of the relation.
_SLOTS = """
CREATE TABLE slot AS SELECT * FROM (VALUES
  ('Product', 0, 'COMPLEMENTS', 2, 1, 2), ('Product', 1, 'COMPLEMENTS', 2, 2, 2), ('Product', 2, 'PAIRS_WITH', 1, 1, 3),
  ('Product', 3, 'PAIRS_WITH', 1, 2, 3), ('Product', 4, 'PAIRS_WITH', 1, 3, 3), ('Product', 5, 'SUBSTITUTES', 2, 1, 1),
  ('Product', 6, 'PAIRS_WITH', 1, 4, 4),
  ('Intent', 0, 'SATISFIED_BY', 2, 1, 6), ('Intent', 1, 'SATISFIED_BY', 2, 2, 6),
  ('Intent', 2, 'SATISFIED_BY', 2, 3, 6), ('Intent', 3, 'SATISFIED_BY', 2, 4, 6),
  ('Intent', 4, 'SATISFIED_BY', 2, 5, 6), ('Intent', 5, 'SATISFIED_BY', 2, 6, 6),
  ('Intent', 6, 'PAIRS_WITH', 3, 1, 2), ('Intent', 7, 'PAIRS_WITH', 3, 2, 2)
) AS _(source, slot, relation, best, place, places)
"""
# What is said of a type or an intent and a type; products inherit it. $span keeps the types of the slots apart.
_CLAIMS = """
CREATE TABLE claim AS
SELECT e.source, e.n, e.id AS source_id, slot, relation, best, place, places, k.id AS target_id, k.start, k.n AS size,
  'With ' || e.name || ' goes ' || k.name || ', as the ' || noun(hash(e.n, slot)) || ' needs a '
    || adjective(hash(e.n, slot + 50)) || ' ' || noun(hash(e.n, slot + 90)) AS explanation,
  round(0.6 + 0.4 * share(e.n, slot), 4)::DOUBLE AS plausibility,
  round(0.5 + 0.5 * share(e.n, slot + 20), 4)::DOUBLE AS typicality,
  round(0.5 + 0.5 * share(e.n, slot + 40), 6)::DOUBLE AS confidence,
  if(e.source = 'Product' OR hash(e.n, slot) % 10 < 4, []::VARCHAR[],
    [['winter', 'summer', 'game day', 'families', 'back to school'][1 + (hash(e.n, slot) % 5)::INT]]) AS contexts,
  if(hash(e.n, slot + 70) % 10 < 3, round(1 + 9 * share(e.n, slot), 2), NULL)::DOUBLE AS lift,
  'a-model-of-some-name' AS model, 'c7717592be4fee70' AS prompt_hash
FROM (
  SELECT 'Product' AS source, t AS n, id, name, t AS first FROM kind
  UNION ALL SELECT 'Intent', j, id, name, hash(j, 'first') % $types FROM intent) AS e
JOIN slot AS s ON s.source = e.source AND (slot < 6 OR e.source = 'Product' OR e.n % 6 IN (2, 3))
JOIN kind AS k ON k.t = (e.first + 1 + slot * $span + hash(e.n, slot) % $span) % $types
"""
_PRODUCTS = """
SELECT product_id(i) AS id,
  brand || ' ' || adjective(hash(i, 'a')) || ' ' || name || ' ' || size || if(i % 3 = 0, ' x ' || i % 12, '') AS title,
  brand, category,
  'The ' || noun(hash(i, 'b')) || ' with ' || adjective(hash(i, 'c')) || ' ' || noun(hash(i, 'd')) || ', good for '
    || noun(hash(i, 'e')) || ' and ' || noun(hash(i, 'f')) || '; made of ' || adjective(hash(i, 'g')) || ' '
    || noun(hash(i, 'h')) || '.' AS description,
  round((1 + hash(i, 'price') % 5000 / 100.0) * if(share(i, 'price' || $version) < $changed, 1.1, 1), 2)::DOUBLE
    AS price,
  hash(i, 'stock') % 10 > 0 AS in_stock, (1000 - (i - start) * 1000 // n)::DOUBLE AS popularity,
  if(i % 2 = 0, 'g-' || i // 4, '') AS group_id,
  '{"size":"' || size || '"' || if(i % 3 = 0, ',"diet":"vegan"', '') || if(i % 7 = 0, ',"color":"red"', '') || '}'
    AS attributes,
  type_id
FROM (
  SELECT *, noun(hash(i % 900, 'brand')) || ' & ' || adjective(hash(i % 900, 'more')) AS brand,
    (50 + hash(i, 'size') % 20 * 25) || ' g' AS size
  FROM (SELECT id AS type_id, name, category, start, n, start + unnest(range(n)) AS i FROM kind))
"""
# An edge is as before, changed, or removed. Those of a product's slot 6 are the ones a later version adds: there are
# about 8.6 edges of a product, so they are half as many as are changed.
_FATE = """
  CASE WHEN source = 'Product' AND slot = 6 THEN if(dice < $changed * 4.3, $version, 0)
    WHEN dice < $changed THEN $version WHEN dice < $changed * 1.5 THEN 0 ELSE 1 END
"""
_TYPE_EDGES = f"""
SELECT relation, if(source = 'Product', 'ProductType', source) AS source_kind, source_id, 'ProductType' AS target_kind,
  target_id, said AS explanation, plausibility, typicality, confidence, place AS rank, contexts,
  mark(relation, source_id, target_id, said) AS h,
  {{'model': model, 'prompt_hash': prompt_hash}} AS provenance,
  {{'samples': 3, 'agreed': 3, 'lift': lift, 'pairs': 0, 'reviewer': ''}} AS evidence
FROM (
  SELECT *, explanation || ' (v' || written || ').' AS said
  FROM (SELECT *, {_FATE} AS written FROM (SELECT *, share(n * 16 + slot, source || $version) AS dice FROM claim))
  WHERE written > 0)
"""
_PRODUCT_EDGES = f"""
SELECT relation, source AS source_kind, id AS source_id, target AS target_id, said AS explanation, plausibility,
  typicality, confidence, rank, contexts, model, prompt_hash, 3 AS samples, 3 AS agreed, lift, 0 AS pairs,
  '' AS reviewer, source_id AS via_source, target_id AS via_target, mark(relation, id, target, said) AS h
FROM (
  SELECT *, explanation || ' (v' || written || ').' AS said, (nth * places + place)::INT AS rank,
    product_id(start + (hash(i, slot) % least(size, 6) + nth) % size) AS target
  FROM (
    SELECT *, {_FATE} AS written FROM (
      SELECT c.*, o.i, o.id, share(o.i * 32 + slot * 4 + nth, source || 'edge' || $version) AS dice
      FROM (SELECT *, unnest(range(least(best, size))) AS nth FROM claim) AS c JOIN (
        SELECT 'Product' AS source, t AS n, i, product_id(i) AS id
        FROM (SELECT t, start + unnest(range(n)) AS i FROM kind)
        UNION ALL SELECT 'Intent', j, j, id FROM intent
      ) AS o USING (source, n)))
  WHERE written > 0 AND (relation <> 'SUBSTITUTES' OR i % 7 > 0))
"""
_TYPES = """
SELECT id, name, category, n AS products, round((1 / (1 + t))::DOUBLE, 6) AS reach,
  if(t % 4 = 0, [form(t + 3) || ' of ' || name], []::VARCHAR[]) AS aliases
FROM kind ORDER BY id
"""
_THEMES = """
SELECT source_id || '/' || if(half = 0, 'to-start-with', 'to-go-on-with') AS id,
  if(half = 0, 'To start with', 'To go on with') AS name, source_id AS intent_id, half + 1 AS rank,
  list(target_id ORDER BY slot) AS members, {'model': any_value(model), 'prompt_hash': 'fbe4b1bfbe8570ba'} AS provenance
FROM (SELECT *, slot // 3 AS half FROM claim WHERE source = 'Intent' AND slot < 6) GROUP BY ALL ORDER BY id
"""


def make(folder: Path, products: int, version: int = 1, changed: float = 0.0) -> GraphFiles:
    """Write the files of version ``version`` of a build and return where they are.

    Against version 1, the share ``changed`` of all edges says something else, half as many are gone and half as many
    are new, and as large a share of products costs more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    types = min(max(products // 50, 64), 20_000)
    numbers = {
        "products": products, "types": types, "intents": max(products // 100, 20), "span": (types - 1) // 8,
        "version": version, "changed": changed, "adjectives": len(_ADJECTIVES.split()), "nouns": len(_NOUNS.split()),
        "forms": len(_FORMS.split()),
    }  # fmt: skip
    files = files_in(folder)
    written = {
        files.products: _PRODUCTS,
        files.product_types: _TYPES,
        files.intents: "SELECT id, name, kind, description, popularity FROM intent",
        files.edges: _TYPE_EDGES,
        files.themes: _THEMES,
        files.product_edges: _PRODUCT_EDGES,
    }
    with (
        tempfile.TemporaryDirectory(dir=folder) as spill,
        duckdb.connect(config={**_CONFIG, "temp_directory": spill}) as db,
    ):
        for text in (_MACROS, _KINDS, _INTENTS, _SLOTS, _CLAIMS):
            db.execute(Template(text).substitute(numbers))
        for path, text in written.items():
            form = "parquet" if path.suffix == ".parquet" else "json"
            db.execute(f"COPY ({Template(text).substitute(numbers)}) TO '{path}' (FORMAT {form})")
    return files
