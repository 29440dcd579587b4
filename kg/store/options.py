"""The store's settings; cheap to import."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from kg.config import Options
from kg.store.driver import Policy

__all__ = ["StoreOptions"]


class StoreOptions(Options):
    """Which graph database, and how to reach it."""

    kind: Literal["embedded", "neo4j"] = Field(
        default="embedded",
        description="'embedded': a graph in a folder, nothing to install; 'neo4j': a server, 5.26 or later.",
    )
    path: Path = Field(default=Path("graph"), description="Folder of the embedded graph; made when missing.")
    uri: str = Field(
        default="bolt://localhost:7687",
        min_length=1,
        description="Address of the Neo4j server: bolt://, neo4j://, or with TLS bolt+s://, neo4j+s://.",
    )
    user: str = Field(default="neo4j", description="User name on the Neo4j server.")
    password: SecretStr = Field(default=SecretStr(""), description="Password on the Neo4j server.")
    database: str = Field(default="neo4j", min_length=1, description="Database on the Neo4j server.")
    batch_size: int | None = Field(
        default=None, ge=1, le=100_000, description="Rows per transaction; empty: 1,000 embedded, 5,000 on Neo4j."
    )
    keep_builds: int = Field(
        default=2,
        ge=1,
        le=100,
        description="Published builds that the graph can be rolled back to, the served one too.",
    )
    prune_s: float = Field(
        default=60.0,
        ge=0,
        description="Seconds that a load may spend on removing what only older builds show; the next one goes on.",
    )
    memory_mb: int = Field(
        default=256,
        ge=16,
        description="Memory in MB for comparing builds; what does not fit goes to the temporary folder.",
    )
    retry_s: float = Field(
        default=30.0, ge=0, description="Seconds to try again when a connection breaks or the server is busy."
    )
    lock_timeout_s: float = Field(
        default=30.0, ge=0, description="Seconds to wait for another process that holds the embedded graph."
    )

    def policy(self, batch_size: int) -> Policy:
        """Return how to write; ``batch_size`` is the store's own, for where none is set."""
        return Policy(self.batch_size or batch_size, self.keep_builds, self.prune_s, self.memory_mb)
