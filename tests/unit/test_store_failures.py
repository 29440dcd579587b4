"""Every error of the driver becomes one of ours, with what to do."""

from typing import Self

import neo4j
import pytest
from neo4j import exceptions as driver_errors

from kg.errors import StoreError, StoreRefused, StoreTooOld, StoreUnreachable
from kg.store import failures, queries
from kg.store.driver import GraphStore, Policy, Step, StoreInfo
from kg.store.failures import explain, mapped
from kg.store.server import refuse_old

EXPECTED = {
    "AuthConfigurationError": StoreRefused, "CertificateConfigurationError": StoreUnreachable,
    "ConfigurationError": StoreUnreachable, "ConnectionAcquisitionTimeoutError": StoreUnreachable,
    "ConnectionPoolError": StoreUnreachable, "IncompleteCommit": StoreUnreachable,
    "ReadServiceUnavailable": StoreUnreachable, "RoutingServiceUnavailable": StoreUnreachable,
    "ServiceUnavailable": StoreUnreachable, "SessionExpired": StoreUnreachable,
    "UnsupportedServerProduct": StoreTooOld, "WriteServiceUnavailable": StoreUnreachable,
    # Our own mistakes, not the server's: reported as they are.
    "BrokenRecordError": StoreError, "DriverError": StoreError, "ResultConsumedError": StoreError,
    "ResultError": StoreError, "ResultFailedError": StoreError, "ResultNotSingleError": StoreError,
    "SessionError": StoreError, "TransactionError": StoreError, "TransactionNestingError": StoreError,
}  # fmt: skip
DRIVER_ERRORS = {
    name: kind
    for name, kind in vars(driver_errors).items()
    if isinstance(kind, type) and issubclass(kind, driver_errors.DriverError)
}


def test_a_new_error_of_the_driver_fails_this_test() -> None:
    """The table above is complete for the installed driver."""
    assert set(DRIVER_ERRORS) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_driver_error_becomes_ours(name: str) -> None:
    """Every class of the driver's own errors maps to one of ours, with a remedy."""
    kind = DRIVER_ERRORS[name]
    error = kind.__new__(kind, "boom")
    error.args = ("boom",)
    found = explain(error, "bolt://here")
    assert type(found) is EXPECTED[name]
    assert "bolt://here" in found.reason
    assert found.remedy


@pytest.mark.parametrize(
    ("code", "kind", "remedy"),
    [
        ("Neo.ClientError.Security.Unauthorized", StoreRefused, "store.password"),
        ("Neo.ClientError.Security.CredentialsExpired", StoreRefused, "change the password"),
        ("Neo.ClientError.Security.AuthenticationRateLimit", StoreRefused, "wait"),
        ("Neo.ClientError.Security.Forbidden", StoreRefused, "grant"),
        ("Neo.ClientError.Database.DatabaseNotFound", StoreError, "store.database"),
        ("Neo.ClientError.Schema.ConstraintValidationFailed", StoreError, "unique"),
        ("Neo.DatabaseError.Schema.ConstraintCreationFailed", StoreError, "unique"),
        ("Neo.ClientError.Schema.IndexAlreadyExists", StoreError, "your own index"),
        ("Neo.ClientError.Statement.AccessMode", StoreError, "accepts writes"),
        ("Neo.ClientError.General.WriteOnReadOnlyAccessDatabase", StoreError, "writable"),
        ("Neo.ClientError.Transaction.TransactionNotFound", StoreError, "disk is full"),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", StoreError, "batch_size"),
        ("Neo.TransientError.Transaction.DeadlockDetected", StoreError, "again"),
        ("Neo.DatabaseError.General.UnknownError", StoreError, "log"),
    ],
)
def test_a_server_error_is_mapped_by_its_code(code: str, kind: type[StoreError], remedy: str) -> None:
    """What the server refuses says what to change."""
    with pytest.raises(kind, match=remedy) as caught, mapped("bolt://here"):
        raise driver_errors.Neo4jError._hydrate_neo4j(code=code, message="It says so.\nAt length.")
    assert type(caught.value) is kind
    assert "It says so" in caught.value.reason
    assert "At length" not in caught.value.reason


def test_an_unknown_code_is_shown() -> None:
    """A code without advice is reported with the code."""
    error = driver_errors.Neo4jError._hydrate_neo4j(code="Neo.ClientError.Some.Thing", message="x")
    assert "Neo.ClientError.Some.Thing" in failures.explain(error, "here").reason


@pytest.mark.parametrize("agent", ["Neo4j/4.4.40", "Neo4j/5.25.1", "Other", ""])
def test_an_old_server_is_refused(agent: str) -> None:
    """Anything before 5.26, or of unknown make, is refused with what to use."""
    with pytest.raises(StoreTooOld, match="5\\.26"):
        refuse_old(StoreInfo("neo4j", "bolt://here", agent, "", "neo4j"))


@pytest.mark.parametrize("agent", ["Neo4j/5.26.0", "Neo4j/2026.08.1", "Neo4j/5.26.0 compatible (ArcadeDB 26.10.2)"])
def test_a_new_server_is_accepted(agent: str) -> None:
    """From 5.26 on, calendar versions included."""
    refuse_old(StoreInfo("neo4j", "bolt://here", agent, "", "neo4j"))


class BreakingDriver:
    """A driver whose commits break ``times`` times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.tried = 0
        self.texts: list[str] = []

    def session(self, **_: object) -> "BreakingDriver":
        """Return itself as the session."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def execute_write(self, work: object, texts: list[str]) -> list[list[dict[str, int]]]:
        """Break, or say that one row was written."""
        self.tried += 1
        self.texts += texts
        if self.tried <= self.times:
            raise driver_errors.IncompleteCommit
        return [[{"written": 1}]]


def broken_store(times: int) -> tuple[GraphStore, BreakingDriver]:
    """Return a store on a driver that breaks."""
    driver = BreakingDriver(times)
    info = StoreInfo("neo4j", "bolt://here", "Neo4j/5.26.0", "5.26.0", "neo4j")
    return GraphStore(driver, info, Policy(10)), driver  # type: ignore[arg-type]


def test_a_commit_of_unknown_outcome_is_run_again() -> None:
    """Writes may be repeated, so a broken commit is."""
    store, driver = broken_store(2)
    assert store.write(Step("write/nodes_product", {})) == [[{"written": 1}]]
    assert driver.tried == 3


def test_what_may_have_been_created_is_created_only_if_it_was_not() -> None:
    """Relationships are created without a search; after a commit of unknown outcome they are searched for."""
    store, driver = broken_store(2)
    name = "edges_product_complements_product"
    store.write(Step(f"create/{name}", {}, again=f"write/{name}"))
    create, write = queries.cypher(f"create/{name}"), queries.cypher(f"write/{name}")
    assert driver.texts == [create, write, write]


def test_a_commit_that_keeps_breaking_is_an_error() -> None:
    """After three tries the user is told to run the load again."""
    store, _ = broken_store(9)
    with pytest.raises(StoreUnreachable, match="run the command again"):
        store.write(Step("write/nodes_product", {}))


def test_the_driver_is_the_official_one() -> None:
    """The driver is new enough for what we use of it."""
    assert int(neo4j.__version__.split(".")[0]) >= 5
