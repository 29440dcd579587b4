"""Turn the driver's errors into ours, each with what to do about it.

The driver's classes come and go with its versions; a test fails when one appears that this table leaves out.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from neo4j import exceptions as driver_errors

from kg.errors import StoreError, StoreRefused, StoreTooOld, StoreUnreachable

__all__ = ["explain", "mapped"]

_CHECK_ADDRESS = "check store.uri, that the server runs, and that nothing between here and there blocks it"
_CHECK_LOGIN = "check store.user and store.password"
_BY_CODE = (
    ("Neo.ClientError.Security.CredentialsExpired", "log in once and change the password"),
    ("Neo.ClientError.Security.AuthenticationRateLimit", "wait a few seconds, then use the right password"),
    ("Neo.ClientError.Security.Forbidden", "grant the user the rights that docs/operating.md lists"),
    ("Neo.ClientError.Security.", _CHECK_LOGIN),
)
# What we ask of every connection came with Neo4j 5, and the driver finds out before the server says what it is.
_OLD_BOLT = "not supported for the Bolt Protocol"
_CLASH = "make the ids of your own nodes with our labels unique"
_OWN_INDEX = "drop your own index or constraint on that property: the loader makes what it needs"
_BY_STATEMENT = (
    ("Neo.ClientError.Database.DatabaseNotFound", "check store.database"),
    ("Neo.ClientError.Schema.ConstraintValidationFailed", _CLASH),
    ("Neo.ClientError.Schema.ConstraintCreationFailed", _CLASH),
    ("Neo.DatabaseError.Schema.ConstraintCreationFailed", _CLASH),
    ("Neo.ClientError.Schema.ConstraintAlreadyExists", _OWN_INDEX),
    ("Neo.ClientError.Schema.IndexAlreadyExists", _OWN_INDEX),
    ("Neo.ClientError.Statement.AccessMode", "load through a server that accepts writes"),
    ("Neo.ClientError.General.ForbiddenOnReadOnlyDatabase", "make the database writable"),
    ("Neo.ClientError.General.WriteOnReadOnlyAccessDatabase", "make the database writable"),
    # The embedded engine's word for a commit that its files did not take.
    ("Neo.ClientError.Transaction.TransactionNotFound", "look whether the disk is full, then run the command again"),
    ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "lower store.batch_size"),
    ("Neo.DatabaseError.", "look into the server's own log, and whether its disk is full"),
    ("Neo.TransientError.", "run the command again: it continues where it stopped"),
)
_BY_CLASS: tuple[tuple[tuple[type[driver_errors.DriverError], ...], type[StoreError], str, str], ...] = (
    (
        (driver_errors.IncompleteCommit,),
        StoreUnreachable,
        "broke off during a commit",
        "run the command again: it completes the load",
    ),
    (
        (driver_errors.UnsupportedServerProduct,),
        StoreTooOld,
        "is no server this driver knows",
        "use Neo4j 5.26 or later",
    ),
    ((driver_errors.AuthConfigurationError,), StoreRefused, "refused", _CHECK_LOGIN),
    (
        (driver_errors.ConfigurationError,),
        StoreUnreachable,
        "cannot be used",
        "check store.uri (bolt://HOST:7687)",
    ),
    (
        (driver_errors.ServiceUnavailable, driver_errors.SessionExpired, driver_errors.ConnectionPoolError),
        StoreUnreachable,
        "does not answer",
        _CHECK_ADDRESS,
    ),
)


@contextmanager
def mapped(where: str) -> Generator[None]:
    """Run the body; raise what the driver raises as a :class:`StoreError` that names ``where``."""
    try:
        yield
    except (driver_errors.DriverError, driver_errors.Neo4jError) as error:
        raise explain(error, where) from error


def explain(error: driver_errors.DriverError | driver_errors.Neo4jError, where: str) -> StoreError:
    """Return ``error`` in our words."""
    if isinstance(error, driver_errors.Neo4jError):
        return _server(error, where)
    if isinstance(error, driver_errors.ConfigurationError) and _OLD_BOLT in str(error):
        return StoreTooOld(f"{where} is too old: {_line(error)}", remedy="use Neo4j 5.26 or later")
    for kinds, made, said, remedy in _BY_CLASS:
        if isinstance(error, kinds):
            return made(f"{where} {said}: {_line(error)}", remedy=remedy)
    return StoreError(f"{where}: {type(error).__name__}: {_line(error)}", remedy="run the command again with -v")


def _server(error: driver_errors.Neo4jError, where: str) -> StoreError:
    code = error.code or ""
    for prefix, remedy in _BY_CODE:
        if code.startswith(prefix):
            return StoreRefused(f"{where} refused: {_line(error)}", remedy=remedy)
    for prefix, remedy in _BY_STATEMENT:
        if code.startswith(prefix):
            return StoreError(f"{where}: {_line(error)}", remedy=remedy)
    return StoreError(f"{where}: {_line(error)} ({code})", remedy="")


def _line(error: driver_errors.DriverError | driver_errors.Neo4jError) -> str:
    """Return the first line of the message, or two when the second is the point, at most 300 characters."""
    text = (error.message if isinstance(error, driver_errors.Neo4jError) else "") or str(error)
    first, *rest = text.strip().split("\n")
    return " ".join([first, *(rest[:1] if first.endswith(":") else [])])[:300].rstrip(".")
