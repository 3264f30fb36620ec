"""SAP's books as they come back through the real tunnel, the real agent with its policy, and a simulated ECC."""

import asyncio
import time
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from mlconnector_relay.config import ReconciliationSettings
from mlconnector_relay.db import ledger, sap_documents, sap_readings
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.sap_documents import SapDocument
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.tieout.daily import DailyTieOut
from mlconnector_relay.tieout.readback import Readback
from mlconnector_relay.tieout.scope import scope_of
from mlconnector_relay.trail.alerts import Alerts

from tests.integration.test_agent_end_to_end import Landscape, landscape
from tests.support.agent import example
from tests.support.mappings import a_mapping
from tests.support.relay_state import add_store, an_entry
from tests.support.sap_books import a_directory_of

__all__ = ["landscape"]

LINE = {"account": "800000", "tax_code": "A1", "cost_center": "4100"}


def allow_reading(land: Landscape) -> None:
    """Let the agent's policy name the tables as the documented example does."""
    config: Path = land.agent.config
    before = tomllib.loads(config.read_text("utf-8"))["policy"]["tables"]
    tables = "{ " + ", ".join(f"{name} = {fields}" for name, fields in example()["policy"]["tables"].items()) + " }"
    text = config.read_text("utf-8")
    old = next(line for line in text.splitlines() if line.startswith("tables = "))
    assert "BSID" not in before
    config.write_text(text.replace(old, "tables = " + tables.replace("'", '"')), "utf-8")


async def read(land: Landscape, database: Database, name: str) -> tuple[sap_readings.Reading, dict[str, SapDocument]]:
    """Ask for a reading and have it served; return it with the documents by reference and type."""
    runtime = SystemRuntime()
    directory = a_directory_of(await add_store(database, store_code="B1"), mapping=a_mapping())
    alerts = Alerts()
    compare = DailyTieOut(database, alerts, runtime)
    loop = Readback(database, directory, land.landing.dispatcher, alerts, runtime, ReconciliationSettings(), compare)
    new = sap_readings.asked("acme", name, ("ECC", "100"), runtime.now().date(), runtime.now(), daily=False)
    await database.write(lambda tx: sap_readings.ask(tx, new))
    # The ledger tells by which customers our documents are owed, beside the mapping's.
    entry = an_entry(facts='{"v":1,"day":"","customer":"4711"}')
    await database.write(lambda tx: ledger.intend(tx, entry, runtime.now()))
    await loop.once("acme")
    async with database.read() as tx:
        reading = await sap_readings.by_id(tx, "acme", name)
        found = await sap_documents.entered_since(tx, "acme", "ECC", "100", new.since)
    assert reading
    return reading, {f"{one.reference} {one.document_type}": one for one in found}


async def connected(land: Landscape) -> None:
    land.agent.start()
    async with asyncio.timeout(30):
        while not land.landing.sessions.all():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_reversals_payments_and_documents_by_hand_come_back(landscape: Landscape, database: Database) -> None:
    """To the cent, with their signs; what others entered under other references does not."""
    await landscape.enrol()
    allow_reading(landscape)
    await connected(landscape)
    for order in (1, 2, 3):
        await landscape.post(order)
    await landscape.answered(3)
    control = landscape.ecc.control
    one, two, _ = (result.object_key for result in landscape.landing.sink.results)
    today = time.strftime("%Y%m%d")
    by_hand = {"company_code": "1000", "document_type": "DG", "posting_date": today, "currency": "EUR", "user": "CLERK"}
    lines = [
        {"customer": "99000", "amount": "-11.90"},
        LINE | {"amount": "10.00"},
        {"tax_code": "A1", "amount": "1.90", "base": "10.00"},
    ]
    one_time = {"name": "A", "city": "Berlin", "country": "DE", "street": "S 1", "postal_code": "10115"}
    for reference in ("B1-99-1R", "B1-MUELLER"):
        control("/documents", "POST", by_hand | {"reference": reference, "lines": lines, "one_time": one_time})
    control(
        "/reversals", "POST", {"company_code": "1000", "number": one[:10], "fiscal_year": one[14:], "user": "CLERK"}
    )
    items = [{"number": two[:10], "fiscal_year": two[14:], "line": 1}]
    control("/payments", "POST", {"company_code": "1000", "items": items, "posting_date": today, "user": "CLERK"})

    reading, found = await read(landscape, database, "first")

    assert (reading.state, reading.detail) == ("done", "")
    ours = {number: document for number, document in found.items() if document.document_type in {"DR", "DG"}}
    assert set(ours) == {"B1-1-I DR", "B1-2-I DR", "B1-3-I DR", "B1-99-1R DG"}
    gross = found["B1-3-I DR"].gross
    assert gross
    assert gross > 0
    assert (found["B1-99-1R DG"].gross, found["B1-99-1R DG"].taxes) == (Decimal("-11.90"), "A1=-1.90")
    assert found["B1-3-I DR"].taxes == "A1=19.00"
    assert not found["B1-1-I DR"].stands
    assert {number for number, document in found.items() if not document.stands} == {"B1-1-I DR", "B1-1-I DA"}
    assert found["B1-1-I DA"].gross == -gross
    assert found["B1-2-I DR"].cleared_on is not None
    assert found["B1-3-I DR"].cleared_on is None


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_one_time_customers_of_rules_are_read_as_the_company_codes(database: Database) -> None:
    """Also before the ledger knows of a document; another company code's are not."""
    rules = '[[documents]]\nchannels = [2]\none_time_customer = "99005"\n[[documents]]\nchannels = [3]\n'
    other = '[[company_codes]]\ncompany_code = "2000"\ncurrencies = ["USD"]\none_time_customer = "99001"\n'
    mapping = a_mapping(more=f'{rules}one_time_customer = "99006"\ncompany_codes = ["2000"]\n{other}')
    directory, now = a_directory_of(await add_store(database), mapping=mapping), SystemRuntime().now()
    reading = sap_readings.asked("acme", "first", ("ECC", "100"), now.date(), now, daily=False)
    assert (await scope_of(database, directory, reading)).customers == {
        "1000": ("0000099000", "0000099005"),
        "2000": ("0000099001", "0000099005", "0000099006"),
    }


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_policy_without_the_tables_refuses(landscape: Landscape, database: Database) -> None:
    """Denied by default: the agent reads nothing that Basis did not name, and the reading says what to name."""
    await landscape.enrol()
    await connected(landscape)

    reading, found = await read(landscape, database, "first")

    assert (reading.state, found) == ("failed", {})
    assert "TCURX" in reading.detail
    assert "[policy]" in reading.detail
