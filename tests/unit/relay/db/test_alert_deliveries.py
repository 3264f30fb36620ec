"""Each opening of an alert is told once per channel, however many relays tell."""

import asyncio
from datetime import datetime, timedelta

from mlconnector_relay.db import alert_deliveries
from mlconnector_relay.db import alerts as rows
from mlconnector_relay.db.alerts import Alert
from mlconnector_relay.db.engine import Database
from mlconnector_relay.trail.alerts import Alerts

from tests.support.relay_state import NOW

LATER = NOW + timedelta(minutes=5)
KEYS = ("tax:a", "tax:b")


async def opened(database: Database, at: datetime = NOW) -> list[Alert]:
    for key in KEYS:
        await database.write(lambda tx, key=key: Alerts().open(tx, "acme", key, "map it", "finance", at))
    async with database.read() as tx:
        return await rows.find(tx, "acme")


async def claimed(database: Database, alerts: list[Alert], channel: str = "mail", at: datetime = NOW) -> list[int]:
    taken = await database.write(
        lambda tx: alert_deliveries.claim(tx, "acme", channel, alerts, at, at + timedelta(minutes=5))
    )
    return [attempts for _, attempts in taken]


async def test_what_one_relay_tells_no_other_tells(database: Database) -> None:
    """Both see the same alerts; each channel tells its own."""
    alerts = await opened(database)
    both = await asyncio.gather(claimed(database, alerts), claimed(database, alerts))

    assert sorted(map(len, both)) == [0, 2]
    assert await claimed(database, alerts, "teams") == [1, 1]


async def test_a_try_that_never_ended_is_taken_again(database: Database) -> None:
    """The relay that told may have died; told twice is better than never."""
    alerts = await opened(database)
    await claimed(database, alerts)

    assert await claimed(database, alerts, at=LATER - timedelta(seconds=1)) == []
    assert await claimed(database, alerts, at=LATER) == [2, 2]


async def test_what_was_told_is_told_again_only_when_it_opens_again(database: Database) -> None:
    """An alert that is merely raised again is not news."""
    alerts = await opened(database)
    await claimed(database, alerts)
    await database.write(lambda tx: alert_deliveries.sent(tx, "acme", "mail", KEYS))
    assert await claimed(database, await opened(database, LATER), at=LATER) == []

    await database.write(lambda tx: Alerts().close(tx, "acme", KEYS[0], LATER))
    again = await opened(database, LATER + timedelta(hours=1))
    assert await claimed(database, again, at=LATER + timedelta(hours=1)) == [1]


async def test_what_failed_comes_back_when_it_is_due_unless_given_up(database: Database) -> None:
    """With the number of the try, so that pauses grow and end."""
    first, second = alerts = await opened(database)
    await claimed(database, alerts)

    async def fail(alert: Alert, given_up: bool) -> None:
        await database.write(
            lambda tx: alert_deliveries.failed(tx, "acme", "mail", alert.key, "no answer", LATER, given_up=given_up)
        )

    await fail(first, given_up=False)
    await fail(second, given_up=True)
    assert await claimed(database, alerts, at=NOW + timedelta(minutes=4)) == []
    assert await claimed(database, alerts, at=LATER) == [2]
