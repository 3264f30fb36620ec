"""Every SQL statement of the journal, named. Each function runs inside a transaction of the writer."""

import sqlite3
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from .errors import JournalError
from .records import Channel, ChannelState, Document, Phase, Posting, StoredResult
from .vault import Vault, subject_of

__all__ = [
    "acknowledge",
    "add_answer",
    "add_phase",
    "begin_channel",
    "channel",
    "channels",
    "delete_channel",
    "envelope_known",
    "forget_expired",
    "get_meta",
    "last_sequence",
    "open_postings",
    "posted_as",
    "posting",
    "posting_of_reference",
    "put_channel",
    "put_meta",
    "put_posting",
    "put_result",
    "remember",
    "result_of",
    "sentinel",
    "set_verified",
    "unacknowledged",
    "unverified",
]

ANSWERED: Final = "answered"
"""In place of a phase, where an envelope was answered without any effect."""

_POSTING: Final = (
    "posting_id, digest, company_code, document_type, reference, envelope_id, phase, object_key, sap_user, called_at, "
    "changed_at, verified, sealed"
)


def get_meta(connection: sqlite3.Connection, name: str) -> str:
    """Return a named value, empty where there is none."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def put_meta(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Set a named value."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def last_sequence(connection: sqlite3.Connection) -> int:
    """Return the journal's position."""
    (sequence,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM phases").fetchone()
    return int(sequence)


def posting(connection: sqlite3.Connection, vault: Vault, posting_id: str) -> Posting | None:
    """Return a posting by its id."""
    row = connection.execute(f"SELECT {_POSTING} FROM postings WHERE posting_id = ?", (posting_id,)).fetchone()  # noqa: S608
    return _posting(connection, vault, row) if row else None


def posting_of_reference(connection: sqlite3.Connection, reference: str, other_than: str) -> str:
    """Return another posting that carries this reference and may stand in SAP, empty where there is none."""
    row = connection.execute(
        "SELECT posting_id FROM postings WHERE reference = ? AND posting_id <> ? AND phase <> 'rolled_back'",
        (reference, other_than),
    ).fetchone()
    return str(row[0]) if row else ""


def posted_as(connection: sqlite3.Connection, reference: str) -> str:
    """Return the object key of the committed posting with this reference, empty where there is none."""
    row = connection.execute(
        "SELECT object_key FROM postings WHERE reference = ? AND phase = 'committed'", (reference,)
    ).fetchone()
    return str(row[0]) if row else ""


def open_postings(connection: sqlite3.Connection, vault: Vault) -> list[Posting]:
    """List the postings whose phase is not final, oldest first."""
    rows = connection.execute(
        f"SELECT {_POSTING} FROM postings WHERE phase NOT IN ('committed', 'rolled_back') ORDER BY rowid"  # noqa: S608
    ).fetchall()
    return [_posting(connection, vault, row) for row in rows]


def unverified(connection: sqlite3.Connection, vault: Vault, limit: int) -> list[Posting]:
    """List committed postings that were not read back yet."""
    rows = connection.execute(
        f"SELECT {_POSTING} FROM postings WHERE phase = 'committed' AND verified = 0 LIMIT ?",  # noqa: S608
        (limit,),
    ).fetchall()
    return [_posting(connection, vault, row) for row in rows]


def sentinel(connection: sqlite3.Connection) -> str:
    """Return the object key of the latest document that was found again, empty before the first."""
    row = connection.execute(
        "SELECT object_key FROM postings WHERE phase = 'committed' AND verified = 1 ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else ""


def put_posting(connection: sqlite3.Connection, vault: Vault, value: Posting) -> None:
    """Add a posting, or begin its next attempt."""
    document = value.document
    connection.execute(
        f"INSERT INTO postings ({_POSTING}) VALUES (?, ?, ?, ?, ?, ?, ?, '', '', '', ?, 0, ?) "  # noqa: S608
        "ON CONFLICT (posting_id) DO UPDATE SET envelope_id = excluded.envelope_id, phase = excluded.phase, "
        "object_key = '', sap_user = '', called_at = '', changed_at = excluded.changed_at, sealed = excluded.sealed",
        (
            value.posting_id,
            document.digest,
            document.company_code,
            document.document_type,
            document.reference,
            value.envelope_id,
            value.phase,
            _text(value.changed_at),
            vault.encrypt(connection, subject_of(value.posting_id), value.sealed),
        ),
    )


def add_phase(
    connection: sqlite3.Connection,
    posting_id: str,
    phase: Phase,
    at: datetime,
    evidence: dict[str, Any],
) -> tuple[int, str]:
    """Record that a posting reached a phase; return the journal's position and the envelope of the posting's attempt.

    Evidence named `object_key`, `sap_user` or `called_at` is also kept with the posting.

    Raises:
        JournalError: the journal does not know the posting.
    """
    attempt = connection.execute("SELECT envelope_id FROM postings WHERE posting_id = ?", (posting_id,)).fetchone()
    if attempt is None:
        raise JournalError(f"posting {posting_id} is not in the journal")
    columns = {"phase": str(phase), "changed_at": _text(at)}
    columns |= {name: str(evidence[name]) for name in ("object_key", "sap_user", "called_at") if name in evidence}
    if evidence.get("verified"):
        columns["verified"] = "1"
    assignments = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(f"UPDATE postings SET {assignments} WHERE posting_id = ?", (*columns.values(), posting_id))  # noqa: S608
    cursor = connection.execute(
        "INSERT INTO phases (posting_id, envelope_id, phase, at, evidence) VALUES (?, ?, ?, ?, ?)",
        (posting_id, *attempt, str(phase), _text(at), msgspec.json.encode(evidence).decode()),
    )
    return int(cursor.lastrowid or 0), str(attempt[0])


def add_answer(connection: sqlite3.Connection, posting_id: str, envelope_id: str, at: datetime) -> int:
    """Record that an envelope was answered without any effect and return the journal's position."""
    cursor = connection.execute(
        "INSERT INTO phases (posting_id, envelope_id, phase, at, evidence) VALUES (?, ?, ?, ?, '{}')",
        (posting_id, envelope_id, ANSWERED, _text(at)),
    )
    return int(cursor.lastrowid or 0)


def remember(connection: sqlite3.Connection, envelope_id: str, posting_id: str, not_after: datetime) -> bool:
    """Keep an envelope id against replay; False where it was known."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO envelopes VALUES (?, ?, ?)", (envelope_id, posting_id, _text(not_after))
    )
    return cursor.rowcount == 1


def envelope_known(connection: sqlite3.Connection, envelope_id: str) -> bool:
    """Tell whether an envelope id has been seen."""
    return connection.execute("SELECT 1 FROM envelopes WHERE envelope_id = ?", (envelope_id,)).fetchone() is not None


def forget_expired(connection: sqlite3.Connection, now: datetime) -> None:
    """Forget envelopes without a posting that are past their life; those with one are kept for ever."""
    connection.execute("DELETE FROM envelopes WHERE posting_id = '' AND not_after < ?", (_text(now),))


def put_result(
    connection: sqlite3.Connection,
    vault: Vault,
    result: StoredResult,
    posting_id: str,
) -> None:
    """Keep the latest result of an envelope until the relay has acknowledged it, and for repeats after."""
    payload = vault.encrypt(connection, subject_of(posting_id), result.payload)
    connection.execute(
        "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, 0)",
        (result.envelope_id, posting_id, result.sequence, payload),
    )


def result_of(connection: sqlite3.Connection, vault: Vault, envelope_id: str) -> StoredResult | None:
    """Return the latest result of an envelope."""
    row = connection.execute(
        "SELECT envelope_id, posting_id, sequence, payload FROM results WHERE envelope_id = ?", (envelope_id,)
    ).fetchone()
    return _result(connection, vault, row) if row else None


def unacknowledged(connection: sqlite3.Connection, vault: Vault, after: int, limit: int) -> list[StoredResult]:
    """List results the relay has not acknowledged, by position."""
    rows = connection.execute(
        "SELECT envelope_id, posting_id, sequence, payload FROM results "
        "WHERE acknowledged = 0 AND sequence > ? ORDER BY sequence LIMIT ?",
        (after, limit),
    ).fetchall()
    return [_result(connection, vault, row) for row in rows]


def acknowledge(connection: sqlite3.Connection, envelope_id: str, sequence: int) -> bool:
    """Mark a result as recorded by the relay; False where it has been superseded or is unknown."""
    cursor = connection.execute(
        "UPDATE results SET acknowledged = 1 WHERE envelope_id = ? AND sequence = ?", (envelope_id, sequence)
    )
    return cursor.rowcount == 1


def set_verified(connection: sqlite3.Connection, posting_ids: list[str], *, found: bool) -> None:
    """Mark committed postings as read back: found, or not."""
    mark = 1 if found else 2
    connection.executemany(
        "UPDATE postings SET verified = ? WHERE posting_id = ?", [(mark, one) for one in posting_ids]
    )


def channel(connection: sqlite3.Connection, company_code: str, document_type: str) -> Channel | None:
    """Return a channel, None before its first document."""
    row = connection.execute(
        "SELECT * FROM channels WHERE company_code = ? AND document_type = ?", (company_code, document_type)
    ).fetchone()
    return _channel(row) if row else None


def channels(connection: sqlite3.Connection) -> list[Channel]:
    """List all channels."""
    return [_channel(row) for row in connection.execute("SELECT * FROM channels").fetchall()]


def delete_channel(connection: sqlite3.Connection, company_code: str, document_type: str) -> None:
    """Forget a channel."""
    connection.execute(
        "DELETE FROM channels WHERE company_code = ? AND document_type = ?", (company_code, document_type)
    )


def put_channel(connection: sqlite3.Connection, value: Channel) -> None:
    """Set a channel."""
    connection.execute(
        "INSERT OR REPLACE INTO channels VALUES (?, ?, ?, ?, ?, ?)",
        (
            value.company_code,
            value.document_type,
            value.state,
            value.object_key,
            value.reason,
            _text(value.changed_at),
        ),
    )


def begin_channel(connection: sqlite3.Connection, posting_id: str, at: datetime) -> None:
    """Set the channel of a committed posting where there is none yet: open if it was read back, else qualifying."""
    connection.execute(
        "INSERT OR IGNORE INTO channels SELECT company_code, document_type, "
        "CASE verified WHEN 1 THEN 'open' ELSE 'qualifying' END, object_key, 'first document', ? "
        "FROM postings WHERE posting_id = ?",
        (_text(at), posting_id),
    )


def _posting(connection: sqlite3.Connection, vault: Vault, row: tuple[Any, ...]) -> Posting:
    (
        posting_id,
        digest,
        company_code,
        document_type,
        reference,
        envelope_id,
        phase,
        key,
        user,
        called,
        at,
        seen,
        sealed,
    ) = row
    return Posting(
        posting_id=posting_id,
        document=Document(digest, company_code, document_type, reference),
        envelope_id=envelope_id,
        phase=Phase(phase),
        object_key=key,
        sap_user=user,
        called_at=datetime.fromisoformat(called) if called else None,
        changed_at=datetime.fromisoformat(at),
        verified=seen == 1,
        sealed=vault.decrypt(connection, subject_of(posting_id), sealed),
    )


def _result(connection: sqlite3.Connection, vault: Vault, row: tuple[str, str, int, bytes]) -> StoredResult:
    envelope_id, posting_id, sequence, payload = row
    return StoredResult(envelope_id, sequence, vault.decrypt(connection, subject_of(posting_id), payload))


def _channel(row: tuple[str, str, str, str, str, str]) -> Channel:
    company_code, document_type, state, object_key, reason, at = row
    return Channel(company_code, document_type, ChannelState(state), object_key, reason, datetime.fromisoformat(at))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
