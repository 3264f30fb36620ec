"""Refused posting dates are kept per company code and tried again and forgotten by period; on both databases."""

from dataclasses import replace
from datetime import timedelta

from mlconnector_relay.db import refused_days
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.refused_days import PeriodKey, RefusedDay

from tests.support.relay_state import NOW, add_store

DAY = RefusedDay("acme", "ECC", "100", "1000", "20261031", "010/2026", NOW, 0, NOW + timedelta(minutes=5))
OCTOBER = PeriodKey("acme", "ECC", "100", "1000", "010/2026")


async def known(database: Database, tenant: str = "acme") -> list[RefusedDay]:
    async with database.read() as tx:
        return await refused_days.of_tenant(tx, tenant)


async def test_a_refusal_renews_what_is_known_of_its_period(database: Database) -> None:
    """Other days of it are tried at the same time; other periods and tenants are not touched."""
    await add_store(database)
    other = replace(DAY, day="20260930", period="009/2026")
    earlier = replace(DAY, day="20261030")
    for day in (DAY, other, earlier):
        await database.write(lambda tx, day=day: refused_days.refused(tx, day))
    trial = ("abc123", 7)
    await database.write(lambda tx: refused_days.tried(tx, OCTOBER, 0, NOW, trial))
    assert [one.trial for one in await known(database)] == [(None, None), trial, trial]

    later = replace(DAY, refused_at=NOW + timedelta(hours=1), tries=1, try_at=NOW + timedelta(hours=2))
    await database.write(lambda tx: refused_days.refused(tx, later))
    assert await known(database) == [other, replace(earlier, tries=1, try_at=later.try_at), later]
    assert await known(database, "other") == []
    assert later.key == OCTOBER


async def test_a_period_is_forgotten_with_all_its_days(database: Database) -> None:
    """Nothing else is."""
    await add_store(database)
    elsewhere = replace(DAY, company_code="2000")
    for day in (DAY, replace(DAY, day="20261030"), elsewhere):
        await database.write(lambda tx, day=day: refused_days.refused(tx, day))
    assert await database.write(lambda tx: refused_days.forget(tx, OCTOBER)) == 2
    assert await known(database) == [elsewhere]
