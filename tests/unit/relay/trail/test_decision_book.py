"""A decision is taken once, by one person or two, for what is proposed now; it is audited, and its order looked at."""

import asyncio
import json
from typing import Any

import pytest
from mlconnector_relay.db import alerts, decisions, jobs
from mlconnector_relay.db import audit as rows
from mlconnector_relay.db.decisions import Decided
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.outcomes import Cause, Done, Parked
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.decision_book import DecisionBook, NotDecided
from mlconnector_relay.trail.vault import Vault

from tests.support.hasty import HastyRuntime
from tests.support.relay_state import add_store, key_of, leased

KEY = key_of(7)


def a_cause(proposal: str = "d1") -> Cause:
    return Cause("decision:edit:7", "edited", choices=("supplement", "leave"), proposal=proposal)


class Desk:
    """A book on a database, with an order that waits for a decision."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.runtime = HastyRuntime()
        self.book = DecisionBook(Audit(Vault(bytes(32), self.runtime), self.runtime), self.runtime)

    async def park(self, cause: Cause, *, listed: bool = False) -> None:
        now = self.runtime.now()
        await self.database.write(lambda tx: jobs.enqueue(tx, KEY, now))
        [job] = await leased(self.database, now)
        outcome = Done("posted", "document 1", listed=(cause,)) if listed else Parked((cause,), "decide")
        await self.database.write(lambda tx: jobs.settle(tx, job, outcome, now))

    async def stands(self) -> tuple[int, bool]:
        """Return how many causes the order has, and whether it is looked at again."""
        async with self.database.read() as tx:
            job = await jobs.of_order(tx, *KEY)
            assert job is not None
            return len(await jobs.causes_of(tx, KEY)), job.due_at is not None

    async def decide(self, choice: str = "supplement", by: str = "ida", **more: Any) -> Decided:
        """Decide what the order waits for now, as the command does."""

        async def work(tx: Any) -> Decided:
            [cause] = await jobs.causes_of(tx, KEY)
            return await self.book.decide(tx, KEY, cause, choice, by=by, reason="asked the shop", **more)

        return await self.database.write(work)

    async def taken(self) -> list[tuple[str, str, str]]:
        async with self.database.read() as tx:
            return [(one.choice, one.decided_by, one.confirmed_by) for one in await decisions.of_order(tx, KEY)]

    async def told(self) -> list[tuple[str, str]]:
        async with self.database.read() as tx:
            found = await rows.of_subject(tx, "acme", "abc123/7")
        return [(row.kind, json.loads(row.fields)["by"]) for row in found]


@pytest.fixture
async def desk(database: Database) -> Desk:
    await add_store(database)
    desk = Desk(database)
    await desk.park(a_cause())
    return desk


async def test_a_decision_is_audited_and_has_its_order_looked_at(desk: Desk) -> None:
    """With who, why, and exactly what was shown."""
    made = await desk.decide()
    assert (made.choice, made.decided_by, made.proposal, made.key) == ("supplement", "ida", "d1", KEY)
    async with desk.database.read() as tx:
        [row] = await rows.of_subject(tx, "acme", "abc123/7")
        job = await jobs.of_order(tx, *KEY)
    assert json.loads(row.fields) == {
        "cause": "decision:edit:7",
        "proposal": "d1",
        "choice": "supplement",
        "by": "ida",
        "reason": "asked the shop",
    }
    assert job is not None
    assert job.due_at is not None


async def test_the_alert_closes_with_the_decision(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Not before somebody confirmed it, where two must agree; not while another order waits for the same."""
    shared = Cause("decision:shared", "shared", choices=("leave",), proposal="d")

    async def is_open(key: str = shared.key) -> bool:
        async with desk.database.read() as tx:
            found = await alerts.of_key(tx, "acme", key)
        return found is not None and found.closed_at is None

    async def raised(key: str) -> None:
        now = desk.runtime.now()
        await desk.database.write(lambda tx: Alerts().open(tx, "acme", key, "decide", "finance", now))

    await raised("decision:edit:7")
    capsys.readouterr()
    await desk.decide(four_eyes=True)
    assert await is_open("decision:edit:7")
    await desk.decide(by="otto", four_eyes=True)
    assert not await is_open("decision:edit:7")
    assert capsys.readouterr().out == "", "a command's output is what it prints itself"

    await desk.park(shared)
    await raised(shared.key)
    now = desk.runtime.now()
    await desk.database.write(lambda tx: jobs.enqueue(tx, key_of(8), now))
    [other] = await leased(desk.database, now)
    await desk.database.write(lambda tx: jobs.settle(tx, other, Parked((shared,), "decide"), now))
    await desk.decide("leave")
    assert await is_open()
    await desk.database.write(
        lambda tx: desk.book.decide(tx, key_of(8), shared, "leave", by="ida", reason="asked the shop")
    )
    assert not await is_open()


async def test_a_decision_is_taken_once(desk: Desk) -> None:
    """The same person, another, or another choice: what was decided first holds."""
    await desk.decide()
    for choice, by in (("supplement", "ida"), ("supplement", "otto"), ("leave", "ida")):
        with pytest.raises(NotDecided, match="ida has chosen supplement already"):
            await desk.decide(choice, by)
    assert await desk.taken() == [("supplement", "ida", "")]
    assert await desk.told() == [("decision.taken", "ida")]


async def test_of_many_at_once_one_decides(desk: Desk) -> None:
    """Whoever is first; the others are told who was."""
    people = [("supplement", "ida"), ("leave", "otto"), ("leave", "eve"), ("supplement", "ann")]
    made = await asyncio.gather(*(desk.decide(*one) for one in people), return_exceptions=True)
    assert sum(isinstance(one, Decided) for one in made) == 1
    assert all(isinstance(one, Decided | NotDecided) for one in made), made
    assert len(await desk.taken()) == len(await desk.told()) == 1


async def test_what_is_no_choice_is_refused_with_those_there_are(desk: Desk) -> None:
    """Nothing is written."""
    with pytest.raises(NotDecided, match="choices: supplement, leave"):
        await desk.decide("repost")
    await desk.park(Cause("sap:F5 201", "open the period"))
    with pytest.raises(NotDecided, match="none: it is settled by hand"):
        await desk.decide()
    assert await desk.taken() == []


async def test_a_changed_proposal_is_decided_anew(desk: Desk) -> None:
    """The earlier decision stays on record, for what it was about."""
    await desk.decide()
    await desk.park(a_cause("d2"))
    assert (await desk.decide("leave", "otto")).proposal == "d2"
    assert await desk.taken() == [("supplement", "ida", ""), ("leave", "otto", "")]


async def test_with_four_eyes_a_second_person_confirms(desk: Desk) -> None:
    """Never the same one, whatever the spelling; confirmed, it holds."""
    await desk.decide(four_eyes=True)
    with pytest.raises(NotDecided, match="somebody else has to confirm"):
        await desk.decide(by="Ida", four_eyes=True)
    assert (await desk.decide(by="otto", four_eyes=True)).confirmed_by == "otto"
    with pytest.raises(NotDecided, match="already"):
        await desk.decide("leave", "eve", four_eyes=True)
    assert await desk.told() == [("decision.taken", "ida"), ("decision.confirmed", "otto")]


async def test_with_four_eyes_another_choice_begins_anew(desk: Desk) -> None:
    """Whoever made it, somebody else confirms that one."""
    await desk.decide(four_eyes=True)
    await desk.decide("leave", "otto", four_eyes=True)
    with pytest.raises(NotDecided, match="somebody else has to confirm"):
        await desk.decide("leave", "otto", four_eyes=True)
    await desk.decide("leave", "ida", four_eyes=True)
    assert await desk.taken() == [("leave", "otto", "ida")]
    kinds = [kind for kind, _ in await desk.told()]
    assert kinds == ["decision.taken", "decision.changed", "decision.confirmed"]


async def test_of_many_confirmations_and_changes_at_once_only_one_counts(desk: Desk) -> None:
    """What is confirmed is what the first had chosen, or what another chose instead; never a mixture."""
    await desk.decide(four_eyes=True)
    people = [("supplement", "otto"), ("leave", "eve"), ("supplement", "ann")]
    made = await asyncio.gather(*(desk.decide(*one, four_eyes=True) for one in people), return_exceptions=True)
    assert all(isinstance(one, Decided | NotDecided) for one in made), made
    [(choice, by, confirmed)] = await desk.taken()
    assert (choice, by) in {("supplement", "ida"), ("leave", "eve"), ("supplement", "ann"), ("supplement", "otto")}
    assert confirmed != by


@pytest.mark.parametrize("four_eyes", [False, True])
async def test_what_is_only_listed_is_acknowledged_without_another_look(desk: Desk, four_eyes: bool) -> None:
    """Once it counts it leaves the list; one that is being worked on is looked at again, for it may be listed anew."""
    await desk.park(a_cause(), listed=True)
    await desk.decide("leave", four_eyes=four_eyes)
    assert await desk.stands() == (int(four_eyes), False)
    if four_eyes:
        await desk.decide("leave", "otto", four_eyes=True)
        assert await desk.stands() == (0, False)
    await desk.park(a_cause("d2"), listed=True)
    await desk.database.write(lambda tx: jobs.enqueue(tx, KEY, desk.runtime.now()))
    await leased(desk.database, desk.runtime.now())
    await desk.decide("leave")
    assert await desk.stands() == (1, True)
