"""`worklist decide`: what a person may choose for orders that no rule decides, and the choice, audited."""

from dataclasses import dataclass
from typing import Any, Final

import click

from ..config import Settings
from ..db import decisions, jobs, mappings, worklist
from ..db.decisions import Decided
from ..db.engine import Transaction
from ..db.jobs import Cause, JobKey
from ..reconcile.deciding import follows
from ..sap.mapping import load_mapping
from ..trail.audit import Audit
from ..trail.decision_book import DecisionBook, NotDecided
from .options import ALL_TENANTS, AS_JSON, LINE, ONE_STORE
from .session import Session, print_json, run
from .which import NotOne, find_job, tenants_of

__all__ = ["MOST_AT_ONCE", "decide", "shown_decision"]


SURE: Final = 8
"""Digits of a proposal that nobody types without having seen it."""


MOST_AT_ONCE: Final = 500
"""Orders of one cause that are decided in one transaction, which others wait behind."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A cause of an order that a person may decide, and what was decided about it so far."""

    key: JobKey
    cause: Cause
    so_far: Decided | None
    four_eyes: bool


@click.command()
@click.argument("target", metavar="CAUSE|ORDER")
@ALL_TENANTS
@ONE_STORE
@click.option("--choose", "choice", default="", help="What is decided; left out, the choices are listed.")
@click.option("--proposal", default="", help="The digits listed with what is decided, eight or more.")
@click.option("--by", "who", type=LINE, default="", help="Who you are; stands in the audit trail.")
@click.option("--reason", type=LINE, default="", help="Why, in your words.")
@AS_JSON
@click.pass_context
def decide(
    context: click.Context,
    *,
    target: str,
    tenant: str,
    store_hash: str,
    choice: str,
    proposal: str,
    who: str,
    reason: str,
    as_json: bool,
) -> None:
    """List what may be decided for CAUSE or ORDER, or decide it; where two people must agree, the second confirms.

    Of a cause that many orders share, such as that they were archived, 500 are decided at once.
    """
    if choice and not (who and reason):
        raise click.UsageError("--choose needs --by and --reason: both stand in the audit trail")
    if choice and len(proposal) < SURE:
        raise click.UsageError("--choose needs --proposal as listed, at least eight digits: decide what you have seen")

    async def look(session: Session) -> list[dict[str, Any]]:
        async with session.database.read() as tx:
            return [_shown(one) for one in await _questions(tx, session.settings, target, tenant, store_hash)]

    async def work(session: Session) -> tuple[list[Decided], bool]:
        book = DecisionBook(Audit(session.vault, session.runtime), session.runtime)

        async def decided(tx: Transaction) -> tuple[list[Decided], bool]:
            questions = await _questions(tx, session.settings, target, tenant, store_hash)
            meant = _meant(questions, target, choice, proposal)
            return [
                await book.decide(tx, one.key, one.cause, choice, by=who, reason=reason, four_eyes=one.four_eyes)
                for one in meant
            ], meant[0].four_eyes

        return await session.database.write(decided)

    if not choice:
        _print(run(context, look), as_json=as_json)
        return
    taken, four_eyes = run(context, work)
    made = [shown_decision(one) for one in taken]
    if as_json:
        print_json(made)
        return
    which = f"order {made[0]['order']}" if len(made) == 1 else f"{len(made)} orders"
    chosen = f"{which}: {made[0]['cause']}: {made[0]['choice']}"
    if four_eyes and not made[0]["confirmed_by"]:
        click.echo(f"{chosen}, chosen by {made[0]['by']}; nothing follows until somebody else chooses the same")
        return
    by = f"by {made[0]['by']}" + (f", confirmed by {made[0]['confirmed_by']}" if made[0]["confirmed_by"] else "")
    next_ = "it is looked at again" if len(made) == 1 else "see `worklist show` for any others"
    click.echo(f"{chosen}, decided {by}; {next_}")


def shown_decision(one: Decided) -> dict[str, Any]:
    """Return a decision as it is shown."""
    return {
        "order": one.order_id,
        "cause": one.cause,
        "choice": one.choice,
        "by": one.decided_by,
        "at": one.decided_at.isoformat(timespec="seconds"),
        "reason": one.reason,
        "confirmed_by": one.confirmed_by,
        "proposal": one.proposal,
    }


async def _questions(tx: Transaction, settings: Settings, target: str, tenant: str, store_hash: str) -> list[_Question]:
    keys: list[JobKey] = []
    if target.isdecimal():
        keys = [(await find_job(tx, int(target), tenant, store_hash)).key]
    else:
        for name in await tenants_of(tx, tenant):
            waiting = await worklist.orders_waiting(tx, name, target)
            places = {one.store_hash for one in waiting} if not store_hash else {store_hash}
            keys += [JobKey(name, one.store_hash, one.order_id) for one in waiting if one.store_hash in places]
    if len({(key.tenant, key.store_hash) for key in keys}) > 1:
        # Orders of several stores may have one number, and so one cause.
        where = ", ".join(f"--tenant {key.tenant} --store-hash {key.store_hash}" for key in keys)
        raise NotOne(f"orders of several stores wait for {target}; name one: {where}")
    four_eyes = await _four_eyes(tx, keys[0].tenant, settings) if keys else False
    found: list[_Question] = []
    for key in keys[:MOST_AT_ONCE]:
        known = {(one.cause, one.proposal): one for one in await decisions.of_order(tx, key)}
        found += [
            _Question(key, cause, known.get((cause.key, cause.proposal)), four_eyes)
            for cause in await jobs.causes_of(tx, key)
            if cause.choices and (target.isdecimal() or cause.key == target)
        ]
    if not found:
        raise NotDecided(f"nothing is to be decided for {target}; see `worklist list` and `orders show`")
    return found


def _meant(questions: list[_Question], target: str, choice: str, proposal: str) -> list[_Question]:
    if target.isdecimal():
        fitting = [one for one in questions if choice in one.cause.choices] or questions
        if len(fitting) > 1:
            keys = ", ".join(one.cause.key for one in fitting)
            raise NotDecided(f"order {target} waits for several decisions: {keys}; name one")
        questions = fitting
    stale = [one for one in questions if not one.cause.proposal.startswith(proposal)]
    if stale:
        raise NotDecided(f"{stale[0].cause.key} has changed: {stale[0].cause.sentence}; list the choices again")
    return questions


async def _four_eyes(tx: Transaction, tenant: str, settings: Settings) -> bool:
    in_force = await mappings.activations(tx, tenant)
    text = await mappings.content(tx, tenant, in_force[-1].version) if in_force else None
    if text is None:
        return settings.is_production
    rules = load_mapping(text, in_force[-1].version).file.decisions
    return rules.need_two(production=settings.is_production)


def _shown(one: _Question) -> dict[str, Any]:
    waits = one.so_far is not None and one.four_eyes and not one.so_far.confirmed_by
    return {
        "tenant": one.key.tenant,
        "store": one.key.store_hash,
        "order": one.key.order_id,
        "cause": one.cause.key,
        "sentence": one.cause.sentence,
        "proposal": one.cause.proposal,
        "choices": {choice: follows(choice) for choice in one.cause.choices},
        "to_confirm": f"{one.so_far.choice}, chosen by {one.so_far.decided_by}" if waits and one.so_far else "",
    }


def _print(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    same = {(one["cause"], one["proposal"], one["to_confirm"]): one for one in reversed(found)}
    for one in reversed(same.values()):
        many = sum((other["cause"], other["proposal"]) == (one["cause"], one["proposal"]) for other in found)
        which = f"order {one['order']}" if many == 1 else f"{many} orders"
        click.echo(f"{which} of store {one['store']}: {one['cause']}\n  {one['sentence']}")
        for choice, meaning in one["choices"].items():
            click.echo(f"  --choose {choice:<20}{meaning}")
        click.echo(f"  --proposal {one['proposal'][:12]}")
        if one["to_confirm"]:
            click.echo(f"  to be confirmed by somebody else: {one['to_confirm']}")
