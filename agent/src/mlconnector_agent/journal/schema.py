"""The journal's tables. `phases` is append-only; `postings` is where each posting stands.

The audit's tables are in the same file, so that what is done and the record of it are one transaction.
"""

import sqlite3
from pathlib import Path
from typing import Final

from .errors import JournalUnavailable, SchemaUnknown

__all__ = ["SCHEMA_VERSION", "connect"]

SCHEMA_VERSION: Final = 1
"""Stored as SQLite's user_version."""

_BUSY_MILLISECONDS: Final = 5000

_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE subject_keys (        -- one data key for each order, wrapped by the master key; deleting a row erases
    subject TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE postings (
    posting_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,          -- of the content; the same for ever
    company_code TEXT NOT NULL,
    document_type TEXT NOT NULL,
    reference TEXT NOT NULL,
    envelope_id TEXT NOT NULL,     -- of the latest attempt
    phase TEXT NOT NULL,
    object_key TEXT NOT NULL DEFAULT '',
    sap_user TEXT NOT NULL DEFAULT '',
    called_at TEXT NOT NULL DEFAULT '',
    changed_at TEXT NOT NULL,
    verified INTEGER NOT NULL DEFAULT 0,  -- 1: read back and found, 2: read back and not found
    sealed BLOB NOT NULL           -- the call envelope, encrypted
);
CREATE INDEX postings_reference ON postings (reference);
CREATE INDEX postings_open ON postings (phase) WHERE phase NOT IN ('committed', 'rolled_back');
CREATE INDEX postings_unverified ON postings (verified) WHERE phase = 'committed' AND verified = 0;

CREATE TABLE phases (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    posting_id TEXT NOT NULL,
    envelope_id TEXT NOT NULL,
    phase TEXT NOT NULL,
    at TEXT NOT NULL,
    evidence TEXT NOT NULL         -- JSON without personal data
);
CREATE INDEX phases_posting ON phases (posting_id);

CREATE TABLE envelopes (           -- the memory against replay
    envelope_id TEXT PRIMARY KEY,
    posting_id TEXT NOT NULL,
    not_after TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE results (
    envelope_id TEXT PRIMARY KEY,
    posting_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    payload BLOB NOT NULL,         -- the result envelope, encrypted
    acknowledged INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX results_unacknowledged ON results (sequence) WHERE acknowledged = 0;

CREATE TABLE channels (            -- rule of qualification: the first document is found again, or the channel stops
    company_code TEXT NOT NULL,
    document_type TEXT NOT NULL,
    state TEXT NOT NULL,
    object_key TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (company_code, document_type)
) WITHOUT ROWID;

CREATE TABLE audit_records (
    sequence INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    salt BLOB NOT NULL,
    content BLOB NOT NULL,         -- JSON: sequence, at, kind, subject, facts
    commitment TEXT NOT NULL       -- salted digest of content: all the chain needs
);
CREATE INDEX audit_records_batch ON audit_records (batch);
CREATE TABLE audit_batches (
    number INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    root TEXT NOT NULL,            -- Merkle root over the commitments
    head TEXT NOT NULL             -- previous head, number, root, count
);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the journal file, creating it where it is missing. Every commit is on disk when it returns.

    Raises:
        SchemaUnknown: it was written by another version.
        JournalUnavailable: it cannot be opened, or is no database.
    """
    new = not path.exists()
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise JournalUnavailable(f"the journal {path} cannot be opened: {error}") from error
    try:
        if new:
            path.chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        _provide(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise JournalUnavailable(f"the journal {path} cannot be opened: {error}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _provide(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version != SCHEMA_VERSION:
        raise SchemaUnknown(
            f"the journal {path} has schema version {version}, this agent reads {SCHEMA_VERSION}; "
            "install the version of the agent that wrote it"
        )
