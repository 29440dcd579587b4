"""The roles that docs/operating.md shows are what the server can read. Only Enterprise and Aura can make them."""

from __future__ import annotations

import re
from pathlib import Path

import neo4j
import pytest
from neo4j.exceptions import ClientError

from kg.store.options import StoreOptions
from kg.store.server import connect

pytestmark = pytest.mark.neo4j
GUIDE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
RIGHTS = re.findall(r"^(?:CREATE ROLE|GRANT) [^;]+;", GUIDE, re.MULTILINE)
READABLE = {None, "Neo.ClientError.Statement.UnsupportedAdministrationCommand"}


def refusal(driver: neo4j.Driver, statement: str) -> str | None:
    """Return what the server says of a statement that it is to explain, and not to run."""
    try:
        driver.execute_query(f"EXPLAIN {statement.rstrip(';')}", database_="system")
    except ClientError as error:
        return error.code
    return None


def test_the_guide_has_a_role_to_read_and_one_to_write() -> None:
    """Each is made, and given rights."""
    for role in ("kg_reader", "kg_loader"):
        assert [text for text in RIGHTS if text.startswith(f"CREATE ROLE {role}")]
        assert [text for text in RIGHTS if text.startswith("GRANT") and text.endswith(f"TO {role};")]


@pytest.mark.parametrize("statement", [*RIGHTS, "GRANT NONSENSE ON GRAPH neo4j TO kg_reader;"])
def test_a_server_can_read_the_statements_that_make_the_roles(neo4j_options: StoreOptions, statement: str) -> None:
    """Community says that it has no roles, and not that it does not understand; of nonsense it says that."""
    password = neo4j_options.password.get_secret_value()
    with connect(neo4j_options.uri, neo4j_options.user, password) as driver:
        understood = refusal(driver, statement) in READABLE
    assert understood is ("NONSENSE" not in statement)
