"""What can go wrong with the database, in our words; callers need no SQLAlchemy.

DatabaseError
├── DatabaseUnavailable    no connection, locked, full, deadlock, cancelled by the server      retryable
├── DatabaseRefused        a constraint or type was violated: a defect or a conflicting row
├── SchemaOutOfRange       the schema is not one this program works with
└── LedgerConflict         a posting id came again with other content
"""

from typing import ClassVar, Final

from mlconnector_shared.errors import ConnectorError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

__all__ = [
    "DatabaseError",
    "DatabaseRefused",
    "DatabaseUnavailable",
    "LedgerConflict",
    "SchemaOutOfRange",
    "translated",
]

_TRANSIENT_CLASSES: Final = ("08", "25006", "40", "53", "55P03", "57", "58")
"""SQLSTATEs: connection, read-only transaction, rollback (deadlock), resources, lock, operator and system errors."""

_SQLITE_ERROR: Final = 1
"""What SQLite calls a wrong statement; its other operational errors are about files, locks and room."""


class DatabaseError(ConnectorError):
    """Something about the relay's database failed."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot do it now; nothing was stored, or it cannot be told."""

    retryable: ClassVar[bool] = True


class DatabaseRefused(DatabaseError):
    """The database refused the content; trying the same again cannot help."""


class SchemaOutOfRange(DatabaseError):
    """The schema is older or newer than this program works with."""


class LedgerConflict(DatabaseError):
    """A posting id is already in the ledger with other content; a person decides.

    Attributes:
        posting_id: the posting.
        known: digest of the content in the ledger.
        offered: digest of the content that was offered.
    """

    def __init__(self, posting_id: str, known: str, offered: str) -> None:
        super().__init__(
            f"posting {posting_id} is in the ledger with content {known[:12]}, not {offered[:12]}; "
            "changed content takes the next ordinal"
        )
        self.posting_id = posting_id
        self.known = known
        self.offered = offered


def translated(error: SQLAlchemyError | OSError) -> DatabaseError:
    """Return the error of ours for one of the driver's."""
    if isinstance(error, IntegrityError):
        return DatabaseRefused(f"the database refused a row: {error.orig}")
    if isinstance(error, OperationalError) and getattr(error.orig, "sqlite_errorcode", None) == _SQLITE_ERROR:
        return DatabaseRefused(f"the database refused a statement: {_first_line(error)}")
    if isinstance(error, OSError | PoolTimeout | OperationalError | InterfaceError):
        return DatabaseUnavailable(f"the database is not available: {_first_line(error)}")
    if isinstance(error, DBAPIError):
        sqlstate = str(getattr(error.orig, "sqlstate", None) or "")
        if error.connection_invalidated or sqlstate.startswith(_TRANSIENT_CLASSES):
            return DatabaseUnavailable(f"the database is not available: {_first_line(error)}")
    return DatabaseRefused(f"the database refused a statement: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}".splitlines()[0]
