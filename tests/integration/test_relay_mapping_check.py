"""What a mapping names is looked up through the real tunnel and the real agent in the books of a simulated ECC."""

import json
from importlib import resources
from typing import Any

import pytest
from mlconnector_relay.db import mapping_checks
from mlconnector_relay.db.engine import Database
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.sap.mapping import load_mapping
from mlconnector_relay.sap.toml_lines import spell_path
from mlconnector_relay.tieout.mapping_checks import MappingChecks

from tests.integration.test_agent_end_to_end import Landscape, landscape
from tests.integration.test_relay_readback import allow_reading, connected
from tests.support.relay_state import add_store
from tests.support.sap_books import a_directory_of

__all__ = ["landscape"]

CARRIED = 'payment_block = "Q"\ndunning_block = "Q"\ndunning_area = "09"'
DEMO = resources.files("mlconnector_sandbox.landscape").joinpath("mapping-eu.toml").read_text("utf-8")


async def check(land: Landscape, database: Database, name: str, text: str) -> tuple[str, list[dict[str, Any]]]:
    """Have a mapping looked up; return how the check ended, and what it found."""
    runtime = SystemRuntime()
    directory = a_directory_of(await add_store(database), mapping=load_mapping(text, name))
    new = mapping_checks.asked("acme", name, ("ECC", "100"), runtime.now().date(), text, runtime.now())
    await database.write(lambda tx: mapping_checks.ask(tx, new))
    await MappingChecks(database, directory, land.landing.dispatcher, runtime).once("acme")
    async with database.read() as tx:
        found = await mapping_checks.by_id(tx, "acme", name)
    assert found
    return found.state, json.loads(found.result)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_mapping_is_looked_up_in_sap(landscape: Landscape, database: Database) -> None:
    """The demo's is good; every mistake planted into it is found at its place, in one go."""
    await landscape.enrol()
    allow_reading(landscape)
    await connected(landscape)
    assert await check(landscape, database, "good", DEMO) == ("done", [])

    bad = DEMO
    for old, new in (
        ('one_time_customer = "99000"', 'one_time_customer = "4711"\npayment_terms = "ZB99"\n' + CARRIED),
        ('gl_account = "800200"\ncost_center = "4100"', 'gl_account = "999999"\ncost_center = "4100"'),
        ('gl_account = "800100"\ncost_center = "4200"', 'gl_account = "140000"\ncost_center = "9999"'),
        ('gl_account = "800900"\ncost_center = "4300"', 'gl_account = "800900"\ncost_center = ""'),
        ("[tax_codes.A2]\nrate = 7", "[tax_codes.A2]\nrate = 9"),
        ("rate = 7\n", "rate = 9\n"),
    ):
        assert old in bad, old
        bad = bad.replace(old, new, 1)
    state, found = await check(landscape, database, "bad", bad)

    assert state == "done"
    places: dict[str, str] = {}
    for one in found:
        place = spell_path(tuple(one["loc"]))
        places[place] = places.get(place, "") + one["sentence"]
    assert set(places) == {
        "accounts[1].gl_account",
        "accounts[2].gl_account",
        "accounts[2].cost_center",
        "accounts[4].gl_account",
        "company_codes[0].dunning_area",
        "company_codes[0].dunning_block",
        "company_codes[0].one_time_customer",
        "company_codes[0].payment_block",
        "company_codes[0].payment_terms",
        "tax_codes.A2.rate",
    }
    assert "is a reconciliation account" in places["accounts[2].gl_account"]
    assert "has 7 % in country DE" in places["tax_codes.A2.rate"]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_an_agent_that_may_read_nothing_says_what_it_needs(landscape: Landscape, database: Database) -> None:
    """Denied by default; the check ends with what Basis has to name."""
    await landscape.enrol()
    await connected(landscape)
    state, (finding,) = await check(landscape, database, "denied", DEMO)
    assert (state, finding["severity"]) == ("done", "warning")
    assert "[policy.tables] of the agent must name T001 with BUKRS, KTOPL, LAND1" in finding["sentence"]
