"""Append what happened: records that commit to themselves, their payloads encrypted under the subject's key.

A record is complete when it is written, so that business transactions need no lock of the chain; the sealer puts
records into the chain afterwards. Facts that are personal or secret never go into `fields`, only into the payload.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from mlconnector_shared.chain import commitment, read_anchor
from mlconnector_shared.errors import Malformed
from mlconnector_shared.runtime import Runtime

from ..db import audit, payloads
from ..db.audit import AuditRow
from ..db.engine import Transaction
from ..db.payloads import Payload
from .errors import Undecryptable
from .vault import Vault

__all__ = ["Audit", "Record", "digest_of"]

SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Record:
    """Something that happened.

    Attributes:
        kind: its stable name, such as `order.fetched`.
        subject: whom or what it is about, such as `store_hash/order`; its key encrypts the payload.
        trace: W3C traceparent.
        fields: facts without personal data or secrets.
        payload: what may hold personal data.
        payload_kind: what the payload is; by default the record's kind.
    """

    tenant: str
    kind: str
    subject: str
    trace: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    payload: bytes | None = None
    payload_kind: str = ""


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

    async def record_many(self, tx: Transaction, records: Sequence[Record], at: datetime) -> list[str]:
        """Append records that happened in this order and return their ids; at most four statements per tenant.

        Raises:
            SubjectErased: a payload is about a subject that was erased.
        """
        base = self._runtime.new_id()
        rows = []
        carried = await self._keep(tx, records, base, at)
        for index, record in enumerate(records):
            payload = carried.get(index)
            row = AuditRow(
                tenant=record.tenant,
                record_id=_nth(base, index),
                at=at,
                kind=record.kind,
                subject=record.subject,
                trace=record.trace,
                fields=_canonical(record.fields),
                payload_id=payload.payload_id if payload else None,
                payload_digest=payload.digest if payload else "",
                salt=self._runtime.token(SALT_BYTES),
                digest="",
            )
            rows.append(replace(row, digest=digest_of(row)))
        if rows:
            await audit.add(tx, rows)
        return [row.record_id for row in rows]

    async def payload(self, tx: Transaction, row: AuditRow) -> bytes | None:
        """Return what a record carried, None when it carried nothing.

        Raises:
            SubjectErased: the subject was erased.
            Undecryptable: the payload was altered or removed.
        """
        if row.payload_id is None:
            return None
        kept = await payloads.by_id(tx, row.tenant, row.payload_id)
        if kept is None:
            raise Undecryptable(f"payload {row.payload_id} of record {row.record_id} is not there")
        return await self._opened(tx, kept, row.payload_digest)

    async def latest(self, tx: Transaction, tenant: str, subject: str, payload_kind: str) -> bytes | None:
        """Return the newest payload of a kind about a subject, None when there is none.

        Raises:
            SubjectErased: the subject was erased.
        """
        kept = await payloads.latest(tx, tenant, subject, payload_kind)
        return None if kept is None else await self._opened(tx, kept, kept.digest)

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

    async def _opened(self, tx: Transaction, kept: Payload, digest: str) -> bytes:
        salted = await self._vault.open(tx, kept.tenant, kept.subject, kept.ciphertext)
        salt, content = salted[:SALT_BYTES], salted[SALT_BYTES:]
        if commitment(salt, content) != digest:
            raise Undecryptable(f"payload {kept.payload_id} is not the one the audit record committed to")
        return content

    async def _keep(self, tx: Transaction, records: Sequence[Record], base: str, at: datetime) -> dict[int, Payload]:
        contents = {index: record for index, record in enumerate(records) if record.payload is not None}
        kept: dict[int, Payload] = {}
        for tenant in sorted({record.tenant for record in contents.values()}):
            salted = [
                (index, record, self._runtime.token(SALT_BYTES), record.payload or b"")
                for index, record in contents.items()
                if record.tenant == tenant
            ]
            items = [(record.subject, salt + content) for _, record, salt, content in salted]
            ciphertexts = await self._vault.seal_many(tx, tenant, items)
            for (index, record, salt, content), ciphertext in zip(salted, ciphertexts, strict=True):
                kept[index] = Payload(
                    tenant=tenant,
                    payload_id=_nth(base, index),
                    subject=record.subject,
                    kind=record.payload_kind or record.kind,
                    ciphertext=ciphertext,
                    digest=commitment(salt, content),
                    created_at=at,
                )
        if kept:
            await payloads.add(tx, list(kept.values()))
        return kept


def digest_of(row: AuditRow) -> str:
    """Return the commitment to a record's content, as it is now."""
    content = (
        row.tenant,
        row.record_id,
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.kind,
        row.subject,
        row.trace,
        row.fields,
        row.payload_id or "",
        row.payload_digest,
    )
    return commitment(row.salt, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _nth(base: str, index: int) -> str:
    # Sorts within one call; ids of different calls sort by their time.
    return f"{base}{index:04d}"


def _canonical(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
