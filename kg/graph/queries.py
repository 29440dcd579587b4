"""The SQL of projection. The text is static but for the guards' conditions, which are ours; values are parameters.

How the work stays bounded. Products with equal traits (what the relation's guards read) are interchangeable to the
guards, so products are grouped into signatures and guards compare signatures. Of each signature of a target
pool only a head is kept: the best ``per_type + per_group`` products, and as many of each brand. Heads are merged
per type edge and source signature, again to that length, and only those few meet each source product. This loses
nothing: a product sees at most ``per_group`` of a head fall away as variants of itself, and the brand bonus can
only lift products that the brand's own head holds.

A substitute that shares the source's flavour, form and so on comes first. Such tastes are no part of a signature, since
guards do not ask for them: a head is kept for each taste of the targets, and the heads are merged once more for each
class of sources, which is a signature with a taste. Within one taste all targets please a source alike, so the head
holds what is best, and of the products that other tastes push out there are never more than were taken from those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kg.graph.features import LIKES
from kg.graph.guards import TRAITS, Guard
from kg.graph.makers import OTHER

__all__ = [
    "BEST",
    "CANDIDATES",
    "HEADS",
    "OUTPUT",
    "PLACED",
    "RESULT",
    "SETUP",
    "allowed",
    "near",
    "refused",
    "signatures",
    "variants",
]

_ACCESSORIES = 10  # a type is one of accessories when one in so many says for which brand it is made
_ASKED = {"fit": "fitting", "makers": "binding"}
_SAID = {"stated": "fitting", "bound": "binding"}
_ZEROS = ", ".join(f"0 AS {name}" for name in ("brand", *TRAITS, *LIKES))
# Small popularity is none, and the largest of a type counts 1. Ids order the rest: binary order of UTF-8 text.
SETUP = (
    """
CREATE TABLE shop AS SELECT file_row_number AS row, id, group_id, type_id, in_stock,
  CASE WHEN isfinite(popularity) AND popularity > 0 THEN popularity ELSE 0 END AS popularity
FROM read_parquet($products, file_row_number = true) p SEMI JOIN wanted w ON w.name = p.type_id""",
    f"""
CREATE TABLE product AS
WITH grouped AS (SELECT group_id, min(row) AS gid FROM shop WHERE group_id != '' GROUP BY group_id),
  top AS (SELECT type_id, max(popularity) AS most FROM shop GROUP BY type_id),
  accessory AS (SELECT type FROM trait GROUP BY type HAVING count(*) FILTER (bound) * {_ACCESSORIES} >= count(*))
SELECT t.* REPLACE (CASE WHEN bound THEN makers WHEN t.type IN (SELECT type FROM accessory) THEN 0
    WHEN makers IN (SELECT makers FROM maker_brand) THEN makers ELSE least(makers, {OTHER}) END AS makers),
  coalesce(g.gid, s.row) AS gid, row_number() OVER (ORDER BY s.id, s.row) AS ord,
  CASE WHEN $in_stock_first AND NOT s.in_stock THEN 1 ELSE 0 END AS tier,
  CASE WHEN m.most > 0 THEN s.popularity / m.most ELSE 0 END AS pop
FROM trait t JOIN shop s ON s.row = t.row JOIN top m ON m.type_id = s.type_id
LEFT JOIN grouped g ON g.group_id = s.group_id""",
    "CREATE TABLE ident AS SELECT row, id FROM shop",
    "DROP TABLE shop",
    """
CREATE TABLE target AS SELECT u.pool, p.* FROM product p JOIN pool_used u ON u.type = p.type AND u.whole IS NULL
UNION ALL SELECT u.pool, p.* FROM pool_used u JOIN member m ON m.pool = u.pool AND m.whole = u.whole
JOIN product p ON p.row = m.row""",
    f"""
CREATE TABLE source AS SELECT p.row AS sid, FALSE AS anyone, p.* EXCLUDE (row, tier, pop) FROM product p
  SEMI JOIN edge e ON e.source = p.type
UNION ALL BY NAME SELECT -source AS sid, TRUE AS anyone, source AS type, {_ZEROS}, FALSE AS stated, FALSE AS bound,
  -source AS gid, -source AS ord
  FROM (SELECT DISTINCT source FROM edge WHERE source_kind = 'Intent')""",
    """
CREATE TABLE overlap AS SELECT DISTINCT a.fit AS a, b.fit AS b, TRUE AS shared
FROM fit_model a JOIN fit_model b USING (model)""",
    """
CREATE TABLE kin AS SELECT DISTINCT a.makers AS a, b.makers AS b, TRUE AS shared
FROM maker_brand a JOIN maker_brand b USING (brand)""",
    """
CREATE OR REPLACE TABLE edge AS
WITH states AS (SELECT DISTINCT type, fit FROM source WHERE stated),
  offers AS (SELECT DISTINCT pool, fit, stated FROM target WHERE fit != 0),
  hosting AS (SELECT DISTINCT e.edge FROM edge e JOIN states s ON s.type = e.source JOIN overlap o ON o.a = s.fit
    JOIN offers t ON t.pool = e.pool AND t.fit = o.b),
  bind AS (SELECT DISTINCT type, makers FROM source WHERE bound),
  sells AS (SELECT DISTINCT pool, makers, bound FROM target WHERE makers != 0),
  serving AS (SELECT DISTINCT e.edge FROM edge e JOIN bind s ON s.type = e.source JOIN kin k ON k.a = s.makers
    JOIN sells t ON t.pool = e.pool AND t.makers = k.b AND NOT t.bound)
SELECT e.*, e.edge IN (SELECT edge FROM hosting) AS hosts, e.edge IN (SELECT edge FROM serving) AS serves,
  e.source IN (SELECT type FROM states) OR e.pool IN (SELECT pool FROM offers WHERE stated) AS fitting,
  e.source IN (SELECT type FROM bind) OR e.pool IN (SELECT pool FROM sells WHERE bound) AS binding
FROM edge e""",
    "CREATE TABLE result (sid BIGINT, row BIGINT, edge INTEGER, rank INTEGER)",
)


def signatures(read: frozenset[str], liked: Sequence[str] = ()) -> list[str]:
    """Return the statements that group sources and targets of ``$relation`` by the traits in ``read``.

    ``liked`` are the columns of ``LIKES`` that make tastes. Fits and brands count only where some edge of the relation
    can ask for them, else every phone were its own signature.
    """
    columns = [_masked(name, name in read) for name in TRAITS]
    columns += [_masked("stated", "fit" in read), _masked("bound", "makers" in read)]
    columns += [f"p.{name}" if name in liked else f"0 AS {name}" for name in LIKES]
    traits = ", ".join(columns)
    names = ", ".join((*TRAITS, "stated", "bound"))
    tastes = ", ".join(liked)
    group = f"dense_rank() OVER (ORDER BY sig, {tastes})" if liked else "sig"
    taste = f"dense_rank() OVER (ORDER BY {tastes})" if liked else "1"
    return [
        f"""
CREATE OR REPLACE TABLE sources AS
WITH ours AS (SELECT source AS type, bool_or(fitting) AS fitting, bool_or(binding) AS binding FROM edge
  WHERE relation = $relation GROUP BY source),
  masked AS (SELECT sid, type, anyone, gid, brand, ord, {traits} FROM source p JOIN ours o USING (type)),
  signed AS (SELECT *, dense_rank() OVER (ORDER BY type, anyone, {names}) AS sig FROM masked)
SELECT *, {group} AS class FROM signed""",
        f"""
CREATE OR REPLACE TABLE targets AS
WITH ours AS (SELECT pool, bool_or(fitting) AS fitting, bool_or(binding) AS binding FROM edge
  WHERE relation = $relation GROUP BY pool),
  masked AS (SELECT row, pool, gid, brand, ord, tier, pop, {traits} FROM target p JOIN ours o USING (pool))
SELECT *, dense_rank() OVER (ORDER BY pool, {names}) AS sig, {taste} AS taste FROM masked""",
        f"""
CREATE OR REPLACE TABLE ssig AS SELECT sig, type, anyone, {names}, count(*) AS n, min(ord) AS ord
FROM sources GROUP BY ALL""",
        f"""
CREATE OR REPLACE TABLE tsig AS SELECT sig, pool, {names}, count(*) AS n, min(ord) AS ord
FROM targets GROUP BY ALL""",
    ]


def _masked(name: str, read: bool) -> str:
    if name in _SAID:
        return f"p.{name} AND o.{_SAID[name]} AS {name}" if read else f"FALSE AS {name}"
    if name in _ASKED:
        return f"CASE WHEN o.{_ASKED[name]} THEN p.{name} ELSE 0 END AS {name}" if read else f"0 AS {name}"
    return f"p.{name}" if read else f"0 AS {name}"


_KEPT = f"gid, brand, ord, tier, pop, taste, {', '.join(LIKES)}"
HEADS = (
    f"""
CREATE OR REPLACE TABLE head AS SELECT sig, row, {_KEPT} FROM (
  SELECT * FROM targets
  QUALIFY row_number() OVER (PARTITION BY sig, taste, gid ORDER BY tier, pop DESC, ord) <= $per_group)
QUALIFY row_number() OVER (PARTITION BY sig, taste ORDER BY tier, pop DESC, ord) <= $head""",
    f"""
CREATE OR REPLACE TABLE brand_head AS SELECT sig, row, {_KEPT} FROM (
  SELECT * FROM targets WHERE brand != 0 AND $branded
  QUALIFY row_number() OVER (PARTITION BY sig, taste, brand, gid ORDER BY tier, pop DESC, ord) <= $per_group)
QUALIFY row_number() OVER (PARTITION BY sig, taste, brand ORDER BY tier, pop DESC, ord) <= $head""",
)

_WIDE = 4_294_967_296  # two places in the order of ids packed into one number: comparing pairs is slow
_MEET = """
FROM edge e JOIN ssig s ON s.type = e.source JOIN tsig t ON t.pool = e.pool
LEFT JOIN overlap o ON o.a = s.fit AND o.b = t.fit LEFT JOIN kin k ON k.a = s.makers AND k.b = t.makers"""
_CHUNK = "e.relation = $relation AND e.chunk = $chunk"


def allowed(guards: Sequence[Guard]) -> str:
    """Return the statement that lists which source and target signatures of an edge may meet."""
    refuses = " OR ".join(f"({guard.refuses})" for guard in guards if guard.reads) or "FALSE"
    return f"""
CREATE OR REPLACE TABLE allowed AS SELECT e.edge AS edge, s.sig AS ssig, t.sig AS tsig
{_MEET} WHERE {_CHUNK} AND NOT ({refuses})"""


def refused(guard: Guard) -> str:
    """Return the query of what ``guard`` refuses: edge, product pairs, first source and first target by id."""
    return f"""
SELECT edge, pairs, a.id, b.id FROM (
  SELECT e.edge AS edge, sum(s.n * t.n)::BIGINT AS pairs, min(s.ord * {_WIDE} + t.ord) AS first
  {_MEET} WHERE {_CHUNK} AND ({guard.refuses}) GROUP BY e.edge) r
{_NAMES}"""


def variants(guard: Guard) -> str:
    """Return the same query for the guard that compares products, not traits: it joins on what they share."""
    return f"""
SELECT edge, pairs, a.id, b.id FROM (
  SELECT e.edge, count(*) AS pairs, min(s.ord * {_WIDE} + t.ord) AS first
  FROM edge e JOIN sources s ON s.type = e.source JOIN targets t ON t.pool = e.pool AND {guard.refuses}
  WHERE {_CHUNK} GROUP BY e.edge) r
{_NAMES}"""


_NAMES = f"""JOIN product x ON x.ord = r.first // {_WIDE} JOIN ident a ON a.row = x.row
JOIN product y ON y.ord = r.first % {_WIDE} JOIN ident b ON b.row = y.row ORDER BY edge"""

BEST = (
    f"""
CREATE OR REPLACE TABLE best AS SELECT edge, ssig, row, {_KEPT} FROM (
  SELECT a.edge, a.ssig, h.* FROM allowed a JOIN head h ON h.sig = a.tsig
  QUALIFY row_number() OVER (
    PARTITION BY a.edge, a.ssig, h.taste, h.gid ORDER BY h.tier, h.pop DESC, h.ord) <= $per_group)
QUALIFY row_number() OVER (PARTITION BY edge, ssig, taste ORDER BY tier, pop DESC, ord) <= $head""",
    f"""
CREATE OR REPLACE TABLE brand_best AS
WITH ours AS (SELECT DISTINCT sig, brand FROM sources WHERE brand != 0),
  met AS (SELECT a.edge, a.ssig, h.* FROM allowed a JOIN ours u ON u.sig = a.ssig
    JOIN brand_head h ON h.sig = a.tsig AND h.brand = u.brand
    QUALIFY row_number() OVER (
      PARTITION BY a.edge, a.ssig, h.taste, h.brand, h.gid ORDER BY h.tier, h.pop DESC, h.ord) <= $per_group)
SELECT edge, ssig, row, {_KEPT} FROM met
QUALIFY row_number() OVER (PARTITION BY edge, ssig, taste, brand ORDER BY tier, pop DESC, ord) <= $head""",
)


def near(liked: Mapping[str, float]) -> list[str]:
    """Return the statements that merge the heads for each class of sources; ``liked`` weighs columns of ``LIKES``."""
    if not liked:
        columns = "edge, ssig AS class, row, gid, brand, ord, tier, pop AS score"
        return [f"CREATE OR REPLACE TABLE {new} AS SELECT {columns} FROM {old}" for old, new in _MERGED]
    score = " + ".join(("b.pop", *(f"CASE WHEN c.{x} & b.{x} != 0 THEN ${x}::DOUBLE ELSE 0 END" for x in liked)))
    names = ", ".join(liked)
    classes = f"SELECT DISTINCT class, sig, {names} FROM sources"
    branded = f"SELECT DISTINCT class, sig, brand, {names} FROM sources WHERE brand != 0"
    return [
        _near("near", classes, "best b ON b.ssig = c.sig", score, ""),
        _near("brand_near", branded, "brand_best b ON b.ssig = c.sig AND b.brand = c.brand", score, ", brand"),
    ]


_MERGED = (("best", "near"), ("brand_best", "brand_near"))


def _near(table: str, classes: str, best: str, score: str, brand: str) -> str:
    return f"""
CREATE OR REPLACE TABLE {table} AS
WITH met AS (SELECT b.edge, c.class, b.row, b.gid, b.brand, b.ord, b.tier, {score} AS score
  FROM ({classes}) c JOIN {best}),
  varied AS (SELECT * FROM met QUALIFY row_number() OVER (
    PARTITION BY edge, class{brand}, gid ORDER BY tier, score DESC, ord) <= $per_group)
SELECT * FROM varied QUALIFY row_number() OVER (
  PARTITION BY edge, class{brand} ORDER BY tier, score DESC, ord) <= $head"""


CANDIDATES = """
CREATE OR REPLACE TABLE candidate AS
SELECT s.sid, b.edge, b.row, b.gid, b.ord, b.tier,
  b.score + CASE WHEN b.brand = s.brand AND b.brand != 0 THEN $brand_bonus::DOUBLE ELSE 0 END AS score
FROM sources s JOIN near b ON b.class = s.class WHERE s.sid != b.row AND NOT ($variants AND s.gid = b.gid)
UNION SELECT s.sid, b.edge, b.row, b.gid, b.ord, b.tier, b.score + $brand_bonus::DOUBLE
FROM sources s JOIN brand_near b ON b.class = s.class AND b.brand = s.brand
WHERE s.sid != b.row AND NOT ($variants AND s.gid = b.gid)"""
PLACED = """
CREATE OR REPLACE TABLE placed AS SELECT sid, edge, row,
  row_number() OVER (PARTITION BY sid, edge ORDER BY tier, score DESC, ord) AS place
FROM (SELECT * FROM candidate
  QUALIFY row_number() OVER (PARTITION BY sid, edge, gid ORDER BY tier, score DESC, ord) <= $per_group)
QUALIFY place <= $per_type"""
# Best products of all target types first, then their second best. Edges of a source are numbered by their rank, so a
# pinned type goes first in each round, then the more confident one.
RESULT = """
INSERT INTO result SELECT p.sid, p.row, p.edge,
  row_number() OVER (PARTITION BY p.sid ORDER BY p.place, p.edge) AS rank
FROM placed p QUALIFY rank <= $top_k"""

# An edge's hash covers its texts and scores; ids are counted in bytes, so no two rows write the same text.
OUTPUT = """
COPY (SELECT e.relation, e.source_kind, CASE WHEN r.sid < 0 THEN e.source_id ELSE s.id END AS source_id,
  t.id AS target_id, e.explanation, e.plausibility, e.typicality, e.confidence, r.rank, e.contexts, e.model,
  e.prompt_hash, e.samples, e.agreed, e.lift, e.pairs, e.reviewer, e.source_id AS via_source,
  e.target_id AS via_target,
  left(sha256(concat(e.content, ':', r.rank, ':', strlen(coalesce(s.id, '')), ':', s.id, ':', t.id)), 16) AS h
FROM result r JOIN edge e USING (edge) JOIN ident t ON t.row = r.row LEFT JOIN ident s ON s.row = r.sid
ORDER BY e.relation, e.source_kind, source_id, r.rank, target_id) TO {path} (FORMAT parquet, COMPRESSION zstd)"""
