"""Append what happened: records that commit to themselves, their payloads encrypted under the subject's key.

A record is complete when it is written, so that business transactions need no lock of the chain; the sealer puts
records into the chain afterwards. Facts that are personal or secret never go into `fields`, only into the payload.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from mlconnector_shared.chain import commitment, read_anchor
from mlconnector_shared.errors import Malformed
from mlconnector_shared.runtime import Runtime

from ..db import audit
from ..db.audit import AuditRow, NewRow
from ..db.engine import Transaction
from ..db.types import moment_text
from .errors import Undecryptable
from .vault import Cipher, Vault

__all__ = ["Audit", "Record", "digest_of"]

SALT_BYTES: Final = 16


_json: Final = msgspec.json.Encoder(order="sorted", enc_hook=str)


@dataclass(frozen=True, slots=True)
class Record:
    """Something that happened.

    Attributes:
        kind: its stable name, such as `order.fetched`.
        subject: whom or what it is about, such as `store_hash/order`; its key encrypts the payload.
        trace: W3C traceparent.
        fields: facts without personal data or secrets.
        payload: what may hold personal data.
    """

    tenant: str
    kind: str
    subject: str
    trace: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    payload: bytes | None = None


class Audit:
    """Writes records and reads them back.

    Args:
        vault: encrypts payloads.
        runtime: ids and salts.
    """

    def __init__(self, vault: Vault, runtime: Runtime) -> None:
        self._vault = vault
        self._runtime = runtime

    async def record(self, tx: Transaction, record: Record, at: datetime) -> str:
        """Append one record and return its id.

        Raises:
            SubjectErased: its payload is about a subject that was erased.
        """
        return (await self.record_many(tx, (record,), at))[0]

    async def record_many(
        self, tx: Transaction, records: Sequence[Record], at: datetime, ciphers: Iterable[Cipher] = ()
    ) -> list[str]:
        """Append records that happened in this order and return their ids; one statement, and one per subject's key.

        Args:
            tx: the transaction.
            records: what happened.
            at: when.
            ciphers: those of subjects that the transaction has already asked for.

        Raises:
            SubjectErased: a payload is about a subject that was erased.
        """
        if not records:
            return []
        base = self._runtime.new_id()
        salts = self._runtime.token(2 * SALT_BYTES * len(records))
        known = {(one.tenant, one.subject): one for one in ciphers}
        rows = []
        for index, record in enumerate(records):
            start = 2 * SALT_BYTES * index
            salt, of_payload = salts[start : start + SALT_BYTES], salts[start + SALT_BYTES : start + 2 * SALT_BYTES]
            sealed, payload_digest = None, ""
            if record.payload is not None:
                subject = (record.tenant, record.subject)
                if subject not in known:
                    known[subject] = await self._vault.cipher(tx, *subject)
                sealed = known[subject].seal(of_payload + record.payload)
                payload_digest = commitment(of_payload, record.payload)
            rows.append(_row(record, f"{base}{index:04d}", at, salt, sealed, payload_digest))
        await audit.add(tx, rows)
        return [row.record_id for row in rows]

    async def payload(self, tx: Transaction, row: AuditRow) -> bytes | None:
        """Return what a record carried, None when it carried nothing.

        Raises:
            SubjectErased: the subject was erased.
            Undecryptable: the payload was altered or removed.
        """
        if not row.payload_digest:
            return None
        kept = await audit.payload_of(tx, row.tenant, row.record_id)
        if kept is None:
            raise Undecryptable(f"the payload of record {row.record_id} is not there")
        salted = await self._vault.open(tx, row.tenant, row.subject, kept)
        salt, content = salted[:SALT_BYTES], salted[SALT_BYTES:]
        if commitment(salt, content) != row.payload_digest:
            raise Undecryptable(f"record {row.record_id} committed to another payload than the one it has")
        return content

    async def witness(self, tx: Transaction, tenant: str, instance: str, payload: bytes, at: datetime) -> None:
        """Keep the head of an agent's audit chain, as its verified anchor tells it.

        Raises:
            Malformed: the anchor is not one.
        """
        try:
            told = read_anchor(payload)
        except Malformed as error:
            raise Malformed(f"agent {instance}: {error}") from error
        await audit.witness(tx, tenant, instance, told.batch, told.head, at)


def _row(
    record: Record, record_id: str, at: datetime, salt: bytes, sealed: bytes | None, payload_digest: str
) -> NewRow:
    fields = _json.encode(record.fields).decode()
    about = (record.tenant, record_id, at, record.kind, record.subject, record.trace, fields, payload_digest)
    # Ids sort by time within one call, and those of different calls as well.
    return NewRow(*about, salt, _commitment(salt, *about), payload=sealed)


def digest_of(row: AuditRow) -> str:
    """Return the commitment to a record's content, as it is now."""
    about = (row.tenant, row.record_id, row.at, row.kind, row.subject, row.trace, row.fields, row.payload_digest)
    return _commitment(row.salt, *about)


def _commitment(salt: bytes, tenant: str, record_id: str, at: datetime, *content: str) -> str:
    return commitment(salt, _json.encode((tenant, record_id, moment_text(at), *content)))
