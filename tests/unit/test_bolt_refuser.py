"""PackStream, as the refusing proxy of the fault tests speaks it, against the driver's own."""

from __future__ import annotations

import pytest

from tests.servers.bolt_refuser import Refusal, forbidden
from tests.servers.packstream import Message, pack, unpack

VALUES = [
    None, True, False, 0, 127, 128, -16, -17, -128, -129, 32_767, 32_768, 2**31, -(2**31), 2**63 - 1, -(2**63), 1.5,
    "", "é" * 7, "x" * 15, "x" * 16, "x" * 300, "x" * 70_000, [], list(range(20)), {}, {"a": [1, {"b": None}]},
    {str(i): i for i in range(300)},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:20])
def test_a_value_comes_back_as_it_was(value: object) -> None:
    """Every kind of value, at the edges of its sizes, is read as it was written."""
    assert unpack(pack(value)) == value
    assert unpack(pack(Message(0x10, (value, [value])))) == Message(0x10, (value, [value]))


def test_the_format_is_the_one_in_the_specification() -> None:
    """Known bytes from the documentation of PackStream."""
    assert pack(1) == b"\x01"
    assert pack(1234) == b"\xc9\x04\xd2"
    assert pack("hello") == b"\x85hello"
    assert pack("A" * 26).hex(" ", 1).startswith("d0 1a 41")
    assert pack({"one": "eins"}) == b"\xa1\x83one\x84eins"
    assert pack(Message(0x7E)) == b"\xb0\x7e"
    assert pack(6.283185307179586).hex() == "c1401921fb54442d18"


def test_a_refusal_is_worded_for_the_version_spoken() -> None:
    """Bolt before 5.7 has code and message, later ones the GQL status as well."""
    refusal = forbidden("MERGE", "Create node with labels 'Product'")
    assert "is not allowed for user 'loader' with roles [PUBLIC, reader]" in refusal.message
    (old,), (new,) = refusal.failure((4, 4)).fields, refusal.failure((5, 8)).fields
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    assert old == {"code": "Neo.ClientError.Security.Forbidden", "message": refusal.message}
    assert new["neo4j_code"] == old["code"]
    assert new["gql_status"] == Refusal("x", "y").gql_status
