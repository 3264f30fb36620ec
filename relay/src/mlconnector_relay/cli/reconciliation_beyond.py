"""What `reconciliation` asks beyond the database: the stores themselves, and a payment provider's file."""

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import click
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many

from ..bigcommerce.client import StoreClient, connection_pool
from ..bigcommerce.models import Transaction
from ..db import mappings, stores
from ..db.sights import SeenOrder
from ..sap.mapping import load_mapping
from ..tieout.asking import PAUSE_SECONDS, AskedStore, Questions, ask_stores
from ..tieout.compare import Difference, order_named
from ..tieout.moved import Ask, moves_of
from ..tieout.provider import compare_settlement
from ..tieout.provider_file import Settled, decoded, read_settlement
from ..tieout.provider_form import ProviderForm, read_form
from ..tieout.sheet import Beyond
from ..trail.audit import Audit
from .session import Session

__all__ = ["ProviderFile", "beyond", "read_provider"]

EVERY: Final = 10**9
"""Questions about single orders that a person may have asked: as many as it takes."""


class NotKnown(ConnectorError):
    """What the store knows of payments was never fetched."""


@dataclass(frozen=True, slots=True)
class ProviderFile:
    """A provider's file that was read."""

    path: Path
    form: ProviderForm
    rows: Sequence[Settled]


def read_provider(path: Path, columns: Path) -> ProviderFile:
    """Read a provider's file as its description says.

    Raises:
        FormInvalid, ProviderFileInvalid: with every error.
    """
    form = read_form(columns.read_text("utf-8"), str(columns))
    return ProviderFile(path, form, read_settlement(decoded(path.read_bytes(), str(path)), str(path), form))


async def beyond(
    session: Session, tenant: str, first: date, last: date, *, ask_store: bool, provider: ProviderFile | None
) -> Beyond:
    """Return what the stores of a tenant and a provider's file say of some days.

    Raises:
        StoreError: a store did not answer.
        NotKnown: the file cannot be compared without asking the store.
    """
    found = Beyond()
    if not ask_store:
        rows = await _provider(session, tenant, first, last, provider) if provider else None
        return found if rows is None else found.plus("provider", rows)
    async with _asked(session, tenant) as asked:
        found, requests = await ask_stores(session.database, session.runtime, asked, first, last, EVERY)
        if provider is not None:
            those = {one.store.store_hash: Questions(one, session.database, session.runtime, EVERY) for one in asked}

            async def ask(order: SeenOrder) -> Sequence[Transaction] | None:
                known = those.get(order.store_hash)
                return await known.transactions(order.order_id) if known else None

            found = found.plus("provider", await _provider(session, tenant, first, last, provider, ask))
            requests += sum(one.requests for one in those.values())
    click.echo(f"tenant {tenant}: {how_many(len(asked), 'store')} answered {how_many(requests, 'request')}", err=True)
    return found


async def _provider(
    session: Session, tenant: str, first: date, last: date, provider: ProviderFile, ask: Ask | None = None
) -> list[Difference]:
    rows = [row for row in provider.rows if first <= row.day <= last]
    if len(rows) < len(provider.rows):
        left_out, all_of_them = len(provider.rows) - len(rows), how_many(len(provider.rows), "row")
        said = f"{left_out} of {all_of_them} left out: of other days"
        click.echo(f"{provider.path}: {said}", err=True)
    moves = await moves_of(session.database, Audit(session.vault, session.runtime), tenant, first, last, ask)
    found = compare_settlement(moves.found, rows, provider.form, first, last)
    if not moves.unknown:
        return found
    count, example = len(moves.unknown), moves.unknown[0]
    if any(one.cause in {"settled_unknown", "refund_at_provider"} for one in found):
        # What the store does not know cannot be told from what nobody asked it for.
        said = (
            f"the payments of {how_many(count, 'order')} of these days are not known here, such as {example.order_id}"
        )
        minutes = how_many(math.ceil(count * PAUSE_SECONDS / 60), "minute")
        cure = f"add --ask-store: {how_many(count, 'request')}, {minutes} or more"
        raise NotKnown(f"{said}; {cure if ask is None else 'their store is not active, `store add` brings it back'}")
    which = f"{how_many(count, 'order')}, such as {order_named(example.store_hash, example.order_id)}"
    return [*found, Difference("payments_unknown", last, example.currency, 0, which, "nobody asked for their payments")]


@asynccontextmanager
async def _asked(session: Session, tenant: str) -> AsyncIterator[list[AskedStore]]:
    """Open the stores of a tenant, each with the mapping in force."""
    async with session.database.read() as tx:
        known = [one for one in await stores.of_tenant(tx, tenant) if one.active]
        decided = await mappings.activations(tx, tenant)
        text = await mappings.content(tx, tenant, decided[-1].version) if decided else None
    rules = load_mapping(text, decided[-1].version) if text is not None else None
    async with connection_pool() as http:
        yield [
            AskedStore(
                one,
                StoreClient(http, one.api_url, session.vault.open_secret(one.access_token), session.runtime),
                rules,
            )
            for one in known
        ]
