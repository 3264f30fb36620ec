"""`store`: the BigCommerce stores of a tenant."""

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import click
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many

from ..bigcommerce.client import StoreClient, connection_pool
from ..bigcommerce.companies import DOCUMENTED_HOST, Companies, company_client
from ..bigcommerce.errors import StoreAnswerInvalid, fit
from ..bigcommerce.hooks import Registered, new_secrets, register
from ..bigcommerce.models import Store as StoreDocument
from ..db import jobs, stores
from ..db.engine import Transaction
from ..trail.vault import Vault
from .options import ALL_TENANTS, AS_JSON, CLIENT, SYSID, TENANT
from .session import Session, print_json, run
from .tables import print_table
from .which import tenants_of

__all__ = ["store"]


UNAUTHORIZED: Final = "failure:store_unauthorized"
"""What orders wait for whose store did not accept our token."""


class StoreFixed(ConnectorError):
    """Cut-over and store code of a known store never change."""


class SecretInvalid(ConnectorError):
    """A file does not hold one secret."""


def _code(context: click.Context, option: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{1,2}", value):
        raise click.BadParameter(f"{value!r} is no store code: one or two of A-Z, 0-9", context, option)
    return value


@click.group()
def store() -> None:
    """Add stores, list them."""


@store.command()
@TENANT
@click.option("--store-hash", required=True, help="The store's id in BigCommerce's API paths.")
@click.option(
    "--access-token-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the access token of the API account and nothing else.",
)
@click.option(
    "--client-secret-file",
    "secret_files",
    required=True,
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Client secret of the API account; give it twice, the new one first, while accounts are changed over.",
)
@click.option(
    "--code", required=True, callback=_code, help="One or two of A-Z, 0-9; stands in every reference, for ever."
)
@SYSID
@CLIENT
@click.option(
    "--api-url",
    default="",
    help="Address of its REST API, with /stores/HASH at its end; as it was where left out, at first BigCommerce's.",
)
@click.option("--callback-url", default="", help="Our address as the store reaches it; the settings' where left out.")
@click.option("--cut-over", default="", help="Orders created before are not ours; ISO 8601, now where left out.")
@click.option(
    "--b2b/--no-b2b", default=None, help="Whether the store has the B2B Edition; as it was where left out, at first no."
)
@click.option(
    "--b2b-api-url",
    default="",
    help="Address of its B2B Edition, without /api/v3/io; as it was where left out, at first BigCommerce's.",
)
@click.option(
    "--b2b-token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Token for the B2B Edition; as it was where left out, at first the access token.",
)
@click.pass_context
def add(context: click.Context, /, **options: str | Path | tuple[Path, ...] | bool | None) -> None:
    """Add a store, or bring it up to date: checks the tokens, registers the webhooks. Safe to repeat."""
    given = {name: value for name, value in options.items() if isinstance(value, str)}
    files = options["secret_files"]
    has_b2b, b2b_file = options["b2b"], options["b2b_token_file"]

    async def work(session: Session) -> tuple[stores.Store, Registered]:
        token = _secret_in(Path(str(options["access_token_file"])))
        secrets = [_secret_in(file) for file in files] if isinstance(files, tuple) else []
        own = _secret_in(b2b_file) if isinstance(b2b_file, Path) else ""
        edition = _Edition(has_b2b if isinstance(has_b2b, bool) else None, given["b2b_api_url"], own)
        return await _add(session, given, token, secrets, edition)

    saved, hooks = run(context, work)
    click.echo(
        f"store {saved.store_hash} of tenant {saved.tenant}: code {saved.store_code}, {saved.currency}, "
        f"{saved.timezone}, posts to {saved.sysid} client {saved.client}, cut-over {saved.cut_over.isoformat()}; "
        f"{how_many(len(hooks.ids), 'webhook')}, {hooks.created} of them new; "
        f"{f'B2B Edition at {saved.b2b_url}' if saved.b2b_url else 'no B2B Edition'}"
    )


@store.command("list")
@ALL_TENANTS
@AS_JSON
@click.pass_context
def list_(context: click.Context, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """List stores: their code, which SAP client they post to, from when on, and until when they were swept."""

    async def work(session: Session) -> list[dict[str, str]]:
        async with session.database.read() as tx:
            return [_shown(one) for name in await tenants_of(tx, tenant) for one in await stores.of_tenant(tx, name)]

    rows = run(context, work)
    if as_json:
        print_json(rows)
        return
    times = ("cut-over (UTC)", "swept until (UTC)")
    print_table(
        ("tenant", "store", "code", "SAP", "currency", "time zone", *times, "API", "B2B Edition"),
        [list(row.values()) for row in rows],
    )


def _shown(one: stores.Store) -> dict[str, str]:
    """Return what may be shown: tokens and secrets stay where they are."""
    return {
        "tenant": one.tenant,
        "store_hash": one.store_hash,
        "code": one.store_code,
        "sap": f"{one.sysid} {one.client}",
        "currency": one.currency,
        "timezone": one.timezone,
        "cut_over": f"{one.cut_over:%Y-%m-%d %H:%M:%S}",
        "swept_until": f"{one.swept_until:%Y-%m-%d %H:%M:%S}" if one.swept_until else "never",
        "api_url": one.api_url,
        "b2b_url": one.b2b_url or "",
    }


class _Edition(NamedTuple):
    """What was said of the store's B2B Edition: nothing keeps what is known."""

    wanted: bool | None
    url: str
    token: str

    def over(self, known: stores.Store | None, vault: Vault) -> tuple[str | None, bytes | None]:
        """Return its address and token as they are kept."""
        before = known.b2b_url if known else None
        if not (before is not None if self.wanted is None else self.wanted):
            return None, None
        kept = known.b2b_token if known else None
        token = vault.seal_secret(self.token) if self.token else kept
        return self.url or before or DOCUMENTED_HOST, token


async def _add(
    session: Session, given: dict[str, str], token: str, secrets: list[str], edition: _Edition
) -> tuple[stores.Store, Registered]:
    """Check everything, write the store down, then register its webhooks: what they carry is known before they come."""
    tenant, store_hash, vault = given["tenant"], given["store_hash"], session.vault
    async with session.database.read() as tx:
        known = await stores.by_hash(tx, tenant, store_hash)
        await tenants_of(tx, tenant)
    kept = known.api_url if known else f"https://api.bigcommerce.com/stores/{store_hash}"
    api_url = given["api_url"] or kept
    cut_over = _cut_over(given["cut_over"], session.runtime.now(), known)
    if known and known.store_code != given["code"]:
        raise StoreFixed(f"store {store_hash} has code {known.store_code} for ever; it cannot become {given['code']}")
    hook_secrets = new_secrets(json.loads(vault.open_secret(known.hook_secret)) if known else {}, session.runtime)
    async with connection_pool() as http:
        client = StoreClient(http, api_url, token, session.runtime)
        document = await _document(client, store_hash)
        b2b_url, b2b_token = edition.over(known, vault)
        if b2b_url is not None:
            own = vault.open_secret(b2b_token) if b2b_token else token
            b2b = company_client(http, b2b_url, own, store_hash, session.runtime)
            await Companies(b2b, session.runtime).check()
        now = session.runtime.now()
        store = stores.Store(
            tenant=tenant,
            store_hash=store_hash,
            store_code=given["code"],
            sysid=given["sysid"],
            client=given["client"],
            api_url=api_url,
            access_token=vault.seal_secret(token),
            client_secrets=vault.seal_secret("\n".join(secrets)),
            hook_secret=vault.seal_secret(json.dumps(hook_secrets)),
            timezone=document.timezone.name,
            currency=document.currency,
            tax_inclusive=document.is_price_entered_with_tax,
            cut_over=cut_over,
            webhooks=known.webhooks if known else "{}",
            active=True,
            swept_until=None,
            created_at=now,
            updated_at=now,
            b2b_url=b2b_url,
            b2b_token=b2b_token,
        )
        await session.database.write(lambda tx: stores.save(tx, store))
        base = given["callback_url"].rstrip("/") or session.settings.listen.address
        registered = await register(
            client, f"{base}/callbacks/{store_hash}", hook_secrets, frozenset(json.loads(store.webhooks).values())
        )

    async def complete(tx: Transaction) -> stores.Store:
        # A token that was wrong is right now: whatever waits for that is looked at again.
        await jobs.release(tx, tenant, UNAUTHORIZED, session.runtime.now())
        return await stores.save(tx, replace(store, webhooks=json.dumps(registered.ids)))

    return await session.database.write(complete), registered


def _secret_in(file: Path) -> str:
    try:
        text = file.read_text("utf-8").strip()
    except UnicodeDecodeError as error:
        raise SecretInvalid(f"{file} is no text in UTF-8") from error
    if not text or "\n" in text:
        raise SecretInvalid(f"{file} must hold one secret, in one line")
    return text


async def _document(client: StoreClient, store_hash: str) -> StoreDocument:
    await client.get("/v2/time")
    document = fit(StoreDocument, await client.get("/v2/store"), "/v2/store")
    if document.id != store_hash:
        raise StoreAnswerInvalid("GET", "/v2/store", f"the token belongs to store {document.id}, not {store_hash}")
    return document


def _cut_over(text: str, now: datetime, known: stores.Store | None) -> datetime:
    if not text:
        # A store's own stamps have whole seconds: an order of this very second is ours.
        return known.cut_over if known else now.replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise StoreFixed(f"--cut-over {text!r} is no ISO 8601 time such as 2026-01-01T00:00:00+01:00") from error
    if moment.tzinfo is None:
        raise StoreFixed(f"--cut-over {text!r} has no time zone; write 2026-01-01T00:00:00+01:00")
    if known and moment != known.cut_over:
        raise StoreFixed(f"the cut-over of store {known.store_hash} is {known.cut_over.isoformat()} for ever")
    return moment
