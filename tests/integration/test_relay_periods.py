"""Closed periods and holds through the relay's insides: a real store, real databases, an agent double."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_relay.sap.frozen import read_frozen
from mlconnector_shared.bapi import Message
from mlconnector_shared.envelope import CallEnvelope, Post

from tests.support.mappings import MAPPING
from tests.support.relay_parts import TENANT, Parts, some_parts
from tests.support.tunnel import AgentDouble

NEXT_OPEN = MAPPING.replace(
    # The store takes the money when an order is placed here, which is now whatever date it has.
    'language = "DE"',
    'language = "DE"\nclosed_period = "next_open"\nposting_date = "order"',
)
LAMP = {"price": "119.00", "rates": [{"percent": "19", "name": "VAT"}], "name": "Lamp", "sku": "LAMP"}
BACKLOG = 40


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store."""
    async with some_parts(database, tmp_path) as made:
        yield made


def posting_date(envelope: CallEnvelope) -> str:
    assert isinstance(envelope.work, Post)
    return str(envelope.work.call.parameters["DOCUMENTHEADER"]["PSTNG_DATE"])


async def refuse(parts: Parts, envelope: CallEnvelope, *more: Message) -> None:
    """Let SAP say that the posting date's period is closed."""
    day = posting_date(envelope)
    said = Message("E", "F5", "201", "Posting period is not open", f"0{day[4:6]}", day[:4], "D", "1000")
    await parts.answer(envelope, "rejected", reason="sap_message", messages=(said, *more))


async def calls(parts: Parts, agent: AgentDouble, count: int) -> list[CallEnvelope]:
    return [await agent.hear_call(parts.landing.trust) for _ in range(count)]


def pass_time(parts: Parts, **span: float) -> None:
    parts.runtime.slept.append(timedelta(**span).total_seconds())


def cause_of(envelope: CallEnvelope) -> str:
    day = posting_date(envelope)
    return f"period:company_code=1000,year={day[:4]},period=0{day[4:6]}"


async def test_a_backlog_of_a_closed_period_is_not_tried_order_by_order(parts: Parts) -> None:
    """The first is refused, forty park without being sent; one tries again for all, and all are posted once."""
    agent = await parts.connect(writes=60)
    first = await parts.store.describe(lines=[LAMP])
    await parts.work()
    await parts.look(first)
    [envelope] = await calls(parts, agent, 1)
    await refuse(parts, envelope)
    pass_time(parts, seconds=2)
    assert await parts.work() == [first]
    cause = cause_of(envelope)
    assert (await parts.state(first), await parts.causes(first)) == ("parked", [cause])
    assert await parts.open_alerts() == [cause]

    others = [await parts.store.describe(lines=[LAMP]) for _ in range(BACKLOG)]
    await parts.look(*others)
    await parts.work()
    assert {await parts.state(order) for order in others} == {"parked"}
    assert [await parts.postings(order) for order in others] == [[]] * BACKLOG

    pass_time(parts, minutes=11)
    assert await parts.periods.once(TENANT)
    assert await parts.work() == [first]
    [envelope] = await calls(parts, agent, 1)
    assert envelope.envelope_id.endswith("invoice/1/1#2"), "the same posting, its second attempt"
    await refuse(parts, envelope)
    pass_time(parts, seconds=2)
    assert await parts.work() == [first]
    assert (await parts.state(first), await parts.causes(first)) == ("parked", [cause])

    pass_time(parts, minutes=61)
    assert await parts.periods.once(TENANT)
    [trial] = await parts.work()
    [envelope] = await calls(parts, agent, 1)
    await parts.answer(envelope)
    assert (trial in others, await parts.state(trial)) == (True, "posted")
    assert await parts.open_alerts() == []

    assert sorted(await parts.work()) == sorted({first, *others} - {trial})
    for number, envelope in enumerate(await calls(parts, agent, BACKLOG), 2):
        await parts.answer(envelope, object_key=f"{1800000000 + number:010}10002026")
    assert {await parts.state(order) for order in others} == {"posted"}


async def test_other_causes_of_the_same_answer_are_not_lost(parts: Parts) -> None:
    """The order waits for these; once they are cured it parks on the period."""
    agent = await parts.connect()
    order = await parts.store.describe(lines=[LAMP])
    await parts.work()
    await parts.look(order)
    [envelope] = await calls(parts, agent, 1)
    await refuse(parts, envelope, Message("E", "KI", "265", "Cost center is not there", "1000", "4100"))
    assert await parts.causes(order) == ["sap:KI 265,controlling_area=1000,cost_center=4100"]
    await parts.look(order)
    assert await parts.causes(order) == [cause_of(envelope)]


async def late_order(parts: Parts, days: int) -> int:
    """An order of so many days ago that comes to be posted now."""
    moment = datetime.now(UTC) - timedelta(days=days)
    return await parts.store.describe(lines=[LAMP], date_created=f"{moment:%a, %d %b %Y %H:%M:%S +0000}")


async def test_by_rule_a_late_order_is_posted_to_the_next_open_period(database: Database, tmp_path: Path) -> None:
    """Month by month, each closed one tried once; the next order of the day goes straight there."""
    async with some_parts(database, tmp_path, mapping=NEXT_OPEN, since_days=365) as parts:
        agent = await parts.connect()
        order = await late_order(parts, 70)
        await parts.work()
        await parts.look(order)
        tried: list[str] = []
        for _ in range(2):
            [envelope] = await calls(parts, agent, 1)
            tried.append(posting_date(envelope))
            await refuse(parts, envelope)
            pass_time(parts, seconds=2)
            assert await parts.work() == [order]
        [envelope] = await calls(parts, agent, 1)
        await parts.answer(envelope)
        assert (await parts.state(order), len(set(tried))) == ("posted", 2)
        assert posting_date(envelope) > tried[1] > tried[0]
        assert posting_date(envelope)[6:] == "01"
        assert await parts.open_alerts() == []
        posted = read_frozen((await parts.postings(order))[-1].facts)
        assert (posted.day, posted.posted, posted.rate_day) == (tried[0], posting_date(envelope), tried[0])

        second = await late_order(parts, 70)
        await parts.work()
        await parts.look(second)
        [straight] = await calls(parts, agent, 1)
        assert posting_date(straight) == posting_date(envelope)
        assert straight.posting_id.endswith("/invoice/1/1")


async def test_a_rule_for_closed_periods_releases_what_waits_for_one(parts: Parts) -> None:
    """The mapping is what it waited for; where today's own period is closed there is nowhere to go."""
    agent = await parts.connect()
    order = await parts.store.describe(lines=[LAMP])
    await parts.work()
    await parts.look(order)
    [envelope] = await calls(parts, agent, 1)
    await refuse(parts, envelope)
    pass_time(parts, seconds=2)
    await parts.work()
    await parts.map(NEXT_OPEN)
    assert await parts.work() == [order]
    assert await parts.causes(order) == [cause_of(envelope)]


async def test_the_close_calendar_holds_postings_and_lets_them_go(parts: Parts) -> None:
    """Visibly, without an alert, until its time is over."""
    now = datetime.now(UTC)
    until = (now + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:00")
    hold = f"\n[[close_calendar]]\nhold_from = {now - timedelta(days=1):%Y-%m-%d}\nhold_until = {until}\n"
    await parts.map(MAPPING.replace("Europe/Berlin", "UTC") + hold + 'reason = "month-end close"\n')
    agent = await parts.connect()
    order = await parts.store.describe(lines=[LAMP])
    await parts.work()
    await parts.look(order)
    job = await parts.job(order)
    assert (job.state, job.total) == ("parked", 119)
    assert "month-end close holds postings until" in job.reason
    assert await parts.open_alerts() == []
    assert not await parts.periods.once(TENANT)

    pass_time(parts, hours=5, minutes=1)
    assert await parts.periods.once(TENANT)
    assert await parts.work() == [order]
    [envelope] = await calls(parts, agent, 1)
    await parts.answer(envelope)
    assert await parts.state(order) == "posted"
