"""Opening a server: what is said about its address before anything is sent there."""

import pytest

from kg.errors import StoreError
from kg.store.options import StoreOptions
from kg.store.stores import open_store


@pytest.mark.parametrize(
    ("uri", "warned"),
    [
        ("bolt://graph.invalid:7687", True),
        ("neo4j://192.0.2.1:7687", True),
        ("bolt+s://graph.invalid:7687", False),
        ("neo4j+ssc://graph.invalid:7687", False),
        ("bolt://localhost:1", False),
        ("bolt://127.0.0.1:1", False),
        ("bolt://[::1]:1", False),
    ],
)
def test_plain_text_to_another_machine_is_warned_about(
    uri: str, warned: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without TLS the password travels in the clear, unless it stays on this machine."""
    caplog.set_level("WARNING", "kg")
    monkeypatch.setattr("kg.store.driver._CONNECT_S", 0.2)
    with pytest.raises(StoreError), open_store(StoreOptions(kind="neo4j", uri=uri)):
        pass
    assert ("is not encrypted" in caplog.text) is warned
    if warned:
        assert f"use {uri.split(':', 1)[0]}+s://" in caplog.text
