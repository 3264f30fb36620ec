"""The stores and mappings this process works with: read from database and files, kept fresh, secrets opened."""

import json
from collections import abc
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from .bigcommerce.catalogue import Catalogue
from .bigcommerce.client import StoreClient
from .bigcommerce.companies import Companies, company_client
from .db import mappings, stores
from .db.engine import Database, Transaction
from .db.errors import DatabaseRefused
from .db.jobs import StoreKey
from .sap.facts import StoreFacts
from .sap.mapping import Mapping, MappingInvalid, load_mapping
from .sap.messages import MessageCatalogue, MessageEntry, built_in, read_messages
from .sap.schedule import Schedule, Step
from .tenant_files import Watched, look
from .trail.mapping_book import MappingBook
from .trail.vault import Vault

__all__ = ["Account", "Directory", "NoMapping", "NoStore"]

_log = structlog.get_logger(__name__)

BY_FILE: Final = "mapping file"
"""Author and approver of mappings that a changed file put in force."""


class NoStore(ConnectorError):
    """The store is not served by this process; one that was just added is known within seconds."""

    retryable: ClassVar[bool] = True


class NoMapping(ConnectorError):
    """No mapping of the tenant was ever put in force."""


@dataclass(frozen=True, slots=True)
class Account:
    """A store with everything needed to work with it.

    Attributes:
        store: as it is kept.
        signing_secrets: client secrets that may have signed a callback, newest first.
        hook_secrets: the secret header of its webhooks, by scope.
        facts: what is fixed about it, for planning.
        client: its REST API.
        catalogue: its products and customers, kept for minutes.
        companies: its B2B Edition; `None` where it has none.
    """

    store: stores.Store
    signing_secrets: tuple[str, ...]
    hook_secrets: abc.Mapping[str, str]
    facts: StoreFacts
    client: StoreClient
    catalogue: Catalogue
    companies: Companies | None = None

    @property
    def is_used_up(self) -> bool:
        """Tell whether a request of either interface would wait for its quota."""
        return self.client.is_used_up or (self.companies is not None and self.companies.is_used_up)

    @property
    def key(self) -> StoreKey:
        """Return tenant and store hash."""
        return StoreKey(self.store.tenant, self.store.store_hash)


class Directory:
    """What this process knows of stores and mappings; `refresh` brings it up to date.

    Args:
        database: where stores are kept.
        vault: opens their secrets.
        http: the connection pool of all REST clients.
        folder: holds `<tenant>.toml` and `<tenant>.messages.toml`.
        book: puts mappings in force.
        runtime: clocks.
        files_decide: whether a tenant's mapping file is in force once it changed; else only what was activated is.
        production: whether a decision about an order takes two people where the mapping does not say.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        http: aiohttp.ClientSession,
        folder: Path,
        book: MappingBook,
        runtime: Runtime,
        *,
        files_decide: bool,
        production: bool,
    ) -> None:
        self._database = database
        self._vault = vault
        self._http = http
        self._folder = folder
        self._book = book
        self._runtime = runtime
        self._accounts: dict[StoreKey, Account] = {}
        self._by_hash: dict[str, Account] = {}
        self._unusable: dict[str, str] = {}
        self._files_decide = files_decide
        self._production = production
        self._schedules: dict[str, Schedule] = {}
        self._decided: dict[str, int] = {}
        self._unreadable: dict[str, str] = {}
        self._mapping_files: dict[str, Watched[tuple[Mapping, str]]] = {}
        self._message_files: dict[str, Watched[tuple[MessageEntry, ...]]] = {}

    def by_hash(self, store_hash: str) -> Account | None:
        """Return the store a callback is addressed to.

        Raises:
            NoStore: it is ours, but cannot be worked with now.
        """
        if store_hash in self._unusable:
            raise NoStore(self._unusable[store_hash])
        return self._by_hash.get(store_hash)

    def account(self, key: StoreKey) -> Account:
        """Return a store.

        Raises:
            NoStore: it is not served.
        """
        account = self._accounts.get(key)
        if account is None:
            raise NoStore(f"store {key.store_hash} of tenant {key.tenant} is not active; run `store add` again")
        return account

    def accounts(self) -> list[Account]:
        """Return every store."""
        return list(self._accounts.values())

    def accounts_of(self, tenant: str) -> list[Account]:
        """Return every store of a tenant."""
        return [account for account in self._accounts.values() if account.store.tenant == tenant]

    def mapping(self, tenant: str, placed_at: datetime | None = None, timezone: str = "UTC") -> Mapping:
        """Return the mapping for an order placed then, or the newest.

        Args:
            tenant: whose.
            placed_at: when the order was placed.
            timezone: of the store, which decides the day.

        Raises:
            NoMapping: none was ever put in force.
        """
        schedule = self._schedules.get(tenant)
        if schedule is None:
            raise NoMapping(self._why_none(tenant))
        if placed_at is None:
            return schedule.newest
        return schedule.at(placed_at.astimezone(ZoneInfo(timezone)).date())

    def four_eyes(self, tenant: str) -> bool:
        """Tell whether a second person must confirm what one decides about an order, by the newest mapping.

        Raises:
            NoMapping: none was ever put in force.
        """
        return self.mapping(tenant).file.decisions.need_two(production=self._production)

    def messages(self, tenant: str) -> MessageCatalogue:
        """Return what SAP's messages mean: the relay's own, under the tenant's; an invalid file changes nothing."""
        file = self._message_files.get(tenant)
        return built_in().over(file.value) if file and file.value else built_in()

    async def refresh(self) -> list[str]:
        """Read stores and files that changed; return the tenants with a new mapping."""
        async with self._database.read() as tx:
            known = await stores.active(tx)
        accounts: dict[StoreKey, Account] = {}
        unusable: dict[str, str] = {}
        for store in known:
            try:
                accounts[StoreKey(store.tenant, store.store_hash)] = self._opened(store)
            except ConnectorError as error:
                unusable[store.store_hash] = f"store {store.store_hash}: {error}; run `store add` again"
                if store.store_hash not in self._unusable:
                    _log.error("store.unusable", tenant=store.tenant, store=store.store_hash, error=str(error))
        self._accounts, self._unusable = accounts, unusable
        self._by_hash = {account.store.store_hash: account for account in accounts.values()}
        changed = []
        for tenant in sorted({store.tenant for store in known}):
            self._reload_messages(tenant)
            if self._files_decide:
                await self._take_file(tenant)
            try:
                if await self._reload_schedule(tenant):
                    changed.append(tenant)
            except (NoMapping, MappingInvalid) as error:
                # One tenant's kept mapping that this program cannot read must not stop the others', nor the start.
                self._tell_unreadable(tenant, str(error))
        return changed

    def _opened(self, store: stores.Store) -> Account:
        known = self._accounts.get(StoreKey(store.tenant, store.store_hash))
        if known and known.store.updated_at == store.updated_at:
            return known
        client = StoreClient(self._http, store.api_url, self._vault.open_secret(store.access_token), self._runtime)
        return Account(
            store=store,
            signing_secrets=tuple(self._vault.open_secret(store.client_secrets).split("\n")),
            hook_secrets=json.loads(self._vault.open_secret(store.hook_secret)),
            facts=StoreFacts(
                tenant=store.tenant,
                store_hash=store.store_hash,
                store_code=store.store_code,
                cut_over=store.cut_over,
                timezone=store.timezone,
                tax_inclusive=store.tax_inclusive,
            ),
            client=client,
            catalogue=Catalogue(client, self._runtime),
            companies=self._companies(store),
        )

    def _companies(self, store: stores.Store) -> Companies | None:
        if store.b2b_url is None:
            return None
        token = self._vault.open_secret(store.b2b_token or store.access_token)
        client = company_client(self._http, store.b2b_url, token, store.store_hash, self._runtime)
        return Companies(client, self._runtime)

    def _mapping_path(self, tenant: str) -> Path:
        return self._folder / f"{tenant}.toml"

    def _tell_unreadable(self, tenant: str, why: str) -> None:
        if self._unreadable.get(tenant) != why:
            _log.error("mapping.unusable", tenant=tenant, file="as put in force", error=why)
        self._unreadable[tenant] = why

    def _why_none(self, tenant: str) -> str:
        if tenant in self._unreadable:
            return self._unreadable[tenant]
        if not self._files_decide:
            return f"no mapping of tenant {tenant} is in force; `mapping propose` one and have it activated"
        file = self._mapping_files.get(tenant)
        said = f"{self._mapping_path(tenant)} is missing; check a new one with `mapping check`"
        return (file and file.complaint) or said

    async def _take_file(self, tenant: str) -> None:
        """Put the tenant's file in force where it changed."""
        path, known = self._mapping_path(tenant), self._mapping_files.get(tenant)
        file = look(path, known, _with_text)
        if file.complaint and (known is None or known.complaint != file.complaint):
            _log.error("mapping.unusable", tenant=tenant, file=str(path), error=file.complaint)
        if file.value is not None and file.settled and file is not known:
            mapping, text = file.value
            try:
                await self._database.write(lambda tx: self._decide(tx, tenant, mapping, text, path.name))
            except DatabaseRefused as error:
                # Another relay read the same file at the same moment; the next look finds what it decided.
                _log.info("mapping.decided_elsewhere", tenant=tenant, error=str(error))
                return
        # Only now: what could not be written down is looked at again.
        self._mapping_files[tenant] = file

    async def _decide(self, tx: Transaction, tenant: str, mapping: Mapping, text: str, source: str) -> None:
        decided = await mappings.activations(tx, tenant)
        if decided and decided[-1].version == mapping.version:
            return
        await self._book.propose(tx, tenant, mapping.version, text, source=source, author=BY_FILE)
        await self._book.activate(tx, tenant, mapping.version, None, approver=BY_FILE, reason="the file changed")

    async def _reload_schedule(self, tenant: str) -> bool:
        async with self._database.read() as tx:
            decided = await mappings.activations(tx, tenant)
            if len(decided) == self._decided.get(tenant, 0):
                return False
            read = {step.mapping.version: step.mapping for step in self._steps(tenant)}
            for one in decided:
                if one.version not in read:
                    read[one.version] = load_mapping(await _content(tx, tenant, one.version), one.version)
        steps = tuple(Step(one.effective_from, read[one.version]) for one in decided)
        self._schedules[tenant], self._decided[tenant] = Schedule(steps), len(decided)
        self._unreadable.pop(tenant, None)
        newest = decided[-1]
        _log.info("mapping.in_force", tenant=tenant, version=newest.version, approver=newest.approver)
        return True

    def _steps(self, tenant: str) -> tuple[Step, ...]:
        schedule = self._schedules.get(tenant)
        return schedule.steps if schedule else ()

    def _reload_messages(self, tenant: str) -> None:
        path, known = self._folder / f"{tenant}.messages.toml", self._message_files.get(tenant)
        if not path.exists():
            # A tenant need not have any; one that takes its file away is back at the relay's own.
            self._message_files.pop(tenant, None)
            return
        file = self._message_files[tenant] = look(path, known, read_messages)
        if file.complaint and (known is None or known.complaint != file.complaint):
            _log.error("messages.unusable", tenant=tenant, file=str(path), error=file.complaint)
        elif file.settled and file is not known:
            _log.info("messages.loaded", tenant=tenant, file=str(path), entries=len(file.value or ()))


def _with_text(text: str, name: str) -> tuple[Mapping, str]:
    return load_mapping(text, name), text


async def _content(tx: Transaction, tenant: str, version: str) -> str:
    text = await mappings.content(tx, tenant, version)
    if text is None:
        raise NoMapping(f"mapping {version} of tenant {tenant} was put in force, but its text is not kept")
    return text
