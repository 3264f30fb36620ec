"""A mapping is looked up in SAP when a command asks, by whoever can reach it; what cannot be read is told."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.db import mapping_checks
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseUnavailable
from mlconnector_relay.tieout.mapping_checks import PATIENCE, MappingChecks
from mlconnector_relay.tunnel.errors import CallFailed, CallRefused, LinkClosed

from tests.support.hasty import HastyRuntime
from tests.support.mappings import MAPPING, a_mapping
from tests.support.relay_state import NOW, add_store
from tests.support.sap_books import Books, a_directory_of


class Clock(HastyRuntime):
    """Stands still."""

    def now(self) -> Any:
        return NOW


async def checked(database: Database, books: Books, text: str = MAPPING, **changes: Any) -> mapping_checks.MappingCheck:
    """Ask for a check and have a relay look for work once."""
    directory = a_directory_of(await add_store(database), mapping=a_mapping())
    new = replace(mapping_checks.asked("acme", "c1", ("ECC", "100"), NOW.date(), text, NOW), **changes)
    await database.write(lambda tx: mapping_checks.ask(tx, new))
    await MappingChecks(database, directory, books, Clock()).once("acme")
    async with database.read() as tx:
        found = await mapping_checks.by_id(tx, "acme", "c1")
    assert found
    return found


async def test_a_check_is_answered_with_everything_found(database: Database) -> None:
    """Severity, place and sentence of each."""
    found = await checked(database, Books())
    assert (found.state, found.finished_at) == ("done", NOW)
    assert json.loads(found.result) == [
        {
            "severity": "error",
            "loc": ["company_codes", 0, "company_code"],
            "sentence": "company code 1000 does not exist (table T001); nothing of it was checked",
        }
    ]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_refused_table_says_what_the_policy_must_name(database: Database) -> None:
    """With every column, conditions included; one that SAP does not let us read is told in SAP's words."""
    books = Books(trouble={"T001": CallRefused("table", "table 'T001' is not named in [policy.tables]")})
    (finding,) = json.loads((await checked(database, books)).result)
    assert finding["severity"] == "warning"
    assert finding["sentence"].endswith("[policy.tables] of the agent must name T001 with BUKRS, KTOPL, LAND1")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_table_without_authorisation_is_told_in_saps_words(database: Database) -> None:
    """The rest is checked."""
    books = Books(trouble={"T001": CallFailed("rfc_application", "NOT_AUTHORIZED")})
    (finding,) = json.loads((await checked(database, books)).result)
    assert "NOT_AUTHORIZED" in finding["sentence"]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_without_a_session_it_stays_for_another_relay(database: Database) -> None:
    """And nobody answers one whose command has given up."""
    assert (await checked(database, Books(connected=False))).state == "asked"
    old = await checked(database, Books(), check_id="c0", asked_at=NOW - PATIENCE - timedelta(seconds=1))
    assert old.check_id == "c1"
    async with database.read() as tx:
        stale = await mapping_checks.by_id(tx, "acme", "c0")
    assert stale
    assert stale.state == "asked"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_cannot_be_done_fails_with_its_reason(database: Database) -> None:
    """A mapping another version of the relay wrote; a line that broke."""
    found = await checked(database, Books(), text="name = 1")
    assert (found.state, "1 error\n" in found.result) == ("failed", True)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_line_that_breaks_fails_the_check(database: Database) -> None:
    """The command says so; whoever wants it asks again."""
    found = await checked(database, Books(trouble={"T001": LinkClosed("the connection is gone")}))
    assert (found.state, found.result) == ("failed", "the connection is gone")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_tenants_trouble_is_not_the_loops_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database may be away for a while."""
    loop = MappingChecks(database, a_directory_of(await add_store(database), mapping=None), Books(), Clock())
    rounds = []

    async def once(tenant: str) -> None:
        rounds.append(tenant)
        if len(rounds) == 2:
            raise KeyboardInterrupt
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(loop, "once", once)
    with pytest.raises(KeyboardInterrupt):
        await loop.run()
    assert rounds == ["acme", "acme"]
