"""Every opening of an alert is told once; what cannot be told is an alert itself, and tried again, not for ever."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from mlconnector_relay.db import alerts as rows
from mlconnector_relay.db.alerts import Severity
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.outcomes import Owner
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.channels import Channel
from mlconnector_relay.trail.notifier import MOST_ATTEMPTS, Notifier, message_of

from tests.support.hasty import HastyRuntime
from tests.support.relay_state import NOW, add_store
from tests.unit.relay.trail.test_channels import an_alert


class Tellers:
    """Channels that remember what they were to tell."""

    def __init__(self, *channels: Channel) -> None:
        self.all: Sequence[Channel] = channels
        self.said: list[tuple[str, str, str, Severity]] = []
        self.why = ""

    async def tell(self, name: str, title: str, body: str, severity: Severity) -> str:
        self.said.append((name, title, body, severity))
        return self.why if name == "mail" else ""


class Office:
    """A notifier with two channels."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.runtime = HastyRuntime()
        self.tellers = Tellers(Channel("mail", owners=frozenset({"finance"})), Channel("all"))
        self.notifier = Notifier(database, Alerts(), self.tellers, self.runtime)

    async def open(self, key: str, owner: Owner = "finance", tenant: str = "acme") -> None:
        now = self.runtime.now()
        await self.database.write(lambda tx: Alerts().open(tx, tenant, key, f"cure {key}", owner, now))

    async def close(self, key: str) -> None:
        await self.database.write(lambda tx: Alerts().close(tx, "acme", key, self.runtime.now()))

    async def told(self) -> list[tuple[str, str]]:
        """Tell a round; return channel and title of its messages."""
        before = len(self.tellers.said)
        await self.notifier.once()
        return [(name, title) for name, title, _, _ in self.tellers.said[before:]]

    async def open_keys(self) -> list[str]:
        async with self.database.read() as tx:
            return [alert.key for alert in await rows.find(tx, "acme")]


@pytest.fixture
async def office(database: Database) -> Office:
    await add_store(database)
    return Office(database)


async def test_what_opened_is_told_once_as_one_message_per_channel(office: Office) -> None:
    """Raised again it is no news; each channel tells its own."""
    await office.open("tax:a")
    await office.open("agent:clock", "basis")

    assert await office.told() == [
        ("mail", "ml-connector acme: 1 for finance"),
        ("all", "ml-connector acme: 1 for basis, 1 for finance"),
    ]
    await office.open("tax:a")
    assert await office.told() == []


async def test_what_was_cured_and_returns_is_news(office: Office) -> None:
    """A new opening, a new message."""
    await office.open("tax:a")
    await office.told()
    await office.close("tax:a")
    assert await office.told() == []
    await office.runtime.sleep(3600)
    await office.open("tax:a")

    assert [name for name, _ in await office.told()] == ["mail", "all"]


async def test_a_channel_that_fails_is_told_by_the_others_and_tried_again(office: Office) -> None:
    """At growing pauses; its alert closes with the first message that is taken."""
    office.tellers.why = "no answer"
    await office.open("tax:a")
    assert [name for name, _ in await office.told()] == ["mail", "all"]
    assert await office.open_keys() == ["tax:a", "channel:mail"]

    assert await office.told() == [("all", "ml-connector acme: 1 for relay")]
    await office.runtime.sleep(60)
    assert [name for name, _ in await office.told()] == ["mail"]

    office.tellers.why = ""
    await office.runtime.sleep(900)
    assert [name for name, _ in await office.told()] == ["mail"]
    assert await office.open_keys() == ["tax:a"]


async def test_no_message_is_tried_for_ever(office: Office) -> None:
    """In the end the alert about the channel is what people see."""
    office.tellers.why = "no answer"
    await office.open("tax:a")
    tries = 0
    for _ in range(MOST_ATTEMPTS + 5):
        tries += sum(name == "mail" for name, _ in await office.told())
        await office.runtime.sleep(1000)

    assert tries == MOST_ATTEMPTS
    assert "channel:mail" in await office.open_keys()


async def test_without_channels_nothing_is_read(database: Database) -> None:
    """And the loop goes on, also over a database that does not answer."""

    class Enough(Exception):
        pass

    class Brief(HastyRuntime):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if len(self.slept) == 2:
                raise Enough

    for tellers in (Tellers(), Tellers(Channel("all"))):
        with pytest.raises(Enough):
            await Notifier(Database("sqlite+aiosqlite:////nowhere/at/all.db"), Alerts(), tellers, Brief()).run()


def test_the_worst_comes_first_and_long_lists_end() -> None:
    """Nobody reads a hundred lines on a telephone."""
    alerts = [an_alert(key=f"tax:{n}", opened_at=NOW + timedelta(seconds=n)) for n in range(25)]
    worst = an_alert(key="conflict:x", severity="critical", owner="basis")
    title, body, severity = message_of("acme", [*alerts, worst])

    lines = body.splitlines()
    assert title == "ml-connector acme: 1 for basis, 25 for finance"
    assert severity == "critical"
    assert lines[0] == "critical, basis: map it [conflict:x, since 2026-03-01 09:00 UTC]".replace(
        "2026-03-01 09:00", f"{NOW:%Y-%m-%d %H:%M}"
    )
    assert len(lines) == 21
    assert lines[-1] == "and 6 more: mlconnector-relay alerts list --tenant acme"
    assert message_of("acme", alerts[:1])[2] == "warning"
