"""Closes days: keeps what stood in the books, with its digest in the audit trail, and reads it back unaltered."""

import json
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Final

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..db import audit as audit_rows
from ..db import closed_days
from ..db.closed_days import ClosedDays
from ..db.engine import Database, Transaction
from ..trail.audit import Audit, Record
from .books import books_of
from .sheet import Beyond, Books, Listed, Sheet, digest_of, listed, read_sheet, sheet_text

__all__ = ["Closing", "NotClosed", "SheetAltered", "differences", "sheet_of"]

CLOSED: Final = "reconciliation.closed"
"""Kind of the audit record."""

NOTHING_ASKED: Final = Beyond()


class NotClosed(ConnectorError):
    """Days cannot be closed, or were not."""

    retryable: ClassVar[bool] = False


class SheetAltered(ConnectorError):
    """What was kept of closed days is not what the audit trail says was kept."""

    retryable: ClassVar[bool] = False


class Closing:
    """Closes days for ever.

    Args:
        database: what is compared, and where it is kept.
        audit: writes the digest into the trail.
        runtime: clocks.
    """

    def __init__(self, database: Database, audit: Audit, runtime: Runtime) -> None:
        self._database = database
        self._audit = audit
        self._runtime = runtime

    async def close(self, tenant: str, first: date, last: date, who: str, beyond: Beyond = NOTHING_ASKED) -> ClosedDays:
        """Keep the sheet of some days as it is now, with what store and provider said.

        Raises:
            NotClosed: the last day is not over, SAP was not read since, or some of the days were closed before.
        """
        now = self._runtime.now()
        if last >= now.date():
            raise NotClosed(f"{last} is not over yet (UTC); close days that are")
        books = replace(await books_of(self._database, tenant, first, last), beyond=beyond)
        _check_read(books, first, last)
        text = sheet_text(Sheet.of(tenant, books))
        new = ClosedDays(tenant, first, last, zlib.compress(text), digest_of(text), who, now)

        async def work(tx: Transaction) -> None:
            if not await closed_days.add(tx, new):
                others = await closed_days.overlapping(tx, tenant, first, last)
                raise NotClosed("closed before: " + ", ".join(_named(one) for one in others))
            fields = {"first": str(first), "last": str(last), "digest": new.digest, "by": who}
            await self._audit.record(tx, Record(tenant, CLOSED, _subject(first, last), fields=fields), now)

        await self._database.write(work)
        return new


async def differences(
    database: Database, tenant: str, first: date, last: date, beyond: Beyond = NOTHING_ASKED
) -> list[Listed]:
    """Return the differences of some days; those of closed days as they were signed, and what came since.

    Args:
        database: what is compared.
        tenant: whose.
        first: first day.
        last: last day.
        beyond: what the store itself and a provider's file say.

    Raises:
        SheetAltered: a sheet is not the one that was closed.
    """
    async with database.read() as tx:
        closed = await closed_days.overlapping(tx, tenant, first, last)
        sheets = [read_sheet(await _unaltered(tx, one)) for one in closed]
    return listed(replace(await books_of(database, tenant, first, last), beyond=beyond), sheets)


async def sheet_of(database: Database, tenant: str, first: date, last: date) -> bytes:
    """Return the sheet of closed days, as its digest was taken.

    Raises:
        NotClosed: exactly these days were not closed.
        SheetAltered: the sheet is not the one that was closed.
    """
    async with database.read() as tx:
        closed = await closed_days.overlapping(tx, tenant, first, last)
        for one in closed:
            if (one.first, one.last) == (first, last):
                return await _unaltered(tx, one)
    known = ", ".join(_named(one) for one in closed) or "none of them"
    raise NotClosed(f"{first} to {last} were not closed as such; of these days were closed: {known}")


async def _unaltered(tx: Transaction, one: ClosedDays) -> bytes:
    try:
        text = zlib.decompress(one.sheet)
    except zlib.error as error:
        raise SheetAltered(f"the sheet of {_named(one)} cannot be read: {error}") from error
    told = {
        json.loads(row.fields).get("digest")
        for row in await audit_rows.of_subject(tx, one.tenant, _subject(one.first, one.last))
        if row.kind == CLOSED
    }
    if told != {digest_of(text)}:
        raise SheetAltered(
            f"the sheet of {_named(one)} is not the one whose digest stands in the audit trail: compare with the file "
            "that `reconciliation --sheet` wrote, and run `audit verify`"
        )
    return text


def _check_read(books: Books, first: date, last: date) -> None:
    over = datetime.combine(last + timedelta(days=1), time(), UTC)
    late = [one for one in books.read if one.before < over or one.since > first]
    if not books.read or late:
        which = ", ".join(" client ".join(one.place) for one in late) or "SAP"
        raise NotClosed(
            f"{which} was not read back since {last} was over, for all days from {first} on: "
            f"run `mlconnector-relay readback --from {first}` first"
        )


def _named(one: ClosedDays) -> str:
    return f"{one.first} to {one.last}, by {one.closed_by} at {one.closed_at.isoformat(timespec='seconds')}"


def _subject(first: date, last: date) -> str:
    return f"days/{first}/{last}"
