"""A month of books on every side: one order a day, posted, and read back from SAP."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from mlconnector_relay.db import jobs, ledger, sap_documents, sap_readings
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Done, Sight
from mlconnector_relay.db.sap_documents import SapDocument
from mlconnector_relay.sap.frozen import Frozen, FrozenLine, frozen_text
from mlconnector_relay.sap.targets import Accounts, TaxCode

from .hasty import HastyRuntime
from .relay_state import add_store, an_entry, key_of, leased

__all__ = ["FIRST", "LAST", "ORDERS", "READ_AT", "Clock", "a_document", "a_month", "facts_of", "number_of"]

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
READ_AT = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
ORDERS = range(1, 32)


class Clock(HastyRuntime):
    """Stands at the time of the reading."""

    def now(self) -> datetime:
        return READ_AT + timedelta(seconds=sum(self.slept))


def number_of(order: int) -> str:
    return f"{1800000000 + order}"


def facts_of(order: int, cents: int) -> str:
    code = TaxCode("A1", "MWAS", "MWS", "", "rule")
    accounts = Accounts("800000", "4100", "", "")
    line = FrozenLine("product", 1, 1, "Lamp", cents - 10, cents - 10, 10, Decimal(0), accounts, code)
    day = f"202603{order:02}"
    return frozen_text(Frozen("order", "1000", "DR", "EUR", 2, day, "99000", None, "gross", (line,)))


def a_document(order: int) -> SapDocument:
    day = date(2026, 3, order)
    return SapDocument(
        *("acme", "ECC", "100", "1000", number_of(order), "2026", "DR", f"A1-{order}-I", "MLC"),
        *(day, day, "EUR", Decimal(order), "", None, "A1=0.10"),
    )


async def a_month(database: Database) -> None:
    """One order a day, as many euros as the day has; posted and read back."""
    await add_store(database)
    for order in ORDERS:
        at = datetime(2026, 3, order, 12, tzinfo=UTC)
        await database.write(lambda tx, order=order, at=at: jobs.enqueue(tx, key_of(order), at))
        [job] = await leased(database, at)
        sight = Sight(at, at, Decimal(order), "EUR")
        await database.write(
            lambda tx, job=job, at=at, sight=sight: jobs.settle(tx, job, Done("posted", "done"), at, sight)
        )
        new = an_entry(order, gross=Decimal(order), facts=facts_of(order, order * 100))
        await database.write(lambda tx, new=new, at=at: ledger.intend(tx, new, at))
        key = f"{number_of(order)}10002026"
        await database.write(
            lambda tx, new=new, at=at, key=key: ledger.outcome(
                tx, "acme", new.posting_id, 1, "posted", at, instance="", object_key=key
            )
        )

    async def read(tx: Any) -> None:
        await sap_documents.keep(tx, [a_document(order) for order in ORDERS])
        asked = sap_readings.asked("acme", "r1", ("ECC", "100"), date(2026, 2, 1), READ_AT, daily=True)
        await sap_readings.ask(tx, asked)
        await sap_readings.take(tx, "acme", "r1", 0, READ_AT, READ_AT)
        await sap_readings.end(tx, "acme", "r1", 1, "done", READ_AT, documents=31)

    await database.write(read)
