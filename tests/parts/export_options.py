"""Options under which each format writes all that it can."""

from __future__ import annotations

from collections.abc import Mapping

from kg.model import Level
from kg.store.export.graphml import GraphmlOptions
from kg.store.export.jsonld import JsonldOptions
from kg.store.export.neo4j_admin import Neo4jAdminOptions
from kg.store.export.parquet import ParquetOptions
from kg.store.export.qa import QaOptions
from kg.store.export.registry import Options

__all__ = ["WIDEST"]

WIDEST: Mapping[str, Options] = {
    "neo4j-admin": Neo4jAdminOptions(),
    "graphml": GraphmlOptions(Level.PRODUCT),
    "jsonld": JsonldOptions(Level.PRODUCT),
    "parquet": ParquetOptions(),
    "qa": QaOptions(Level.PRODUCT, phrasings=4, valid=0.5),
}
