"""The stores and mappings this process works with: read from database and files, kept fresh, secrets opened."""

import json
from collections import abc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Generic, TypeVar

import aiohttp
import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from .bigcommerce.catalogue import Catalogue
from .bigcommerce.client import StoreClient
from .db import stores
from .db.engine import Database
from .db.jobs import StoreKey
from .sap.facts import StoreFacts
from .sap.mapping import Mapping, MappingInvalid, load_mapping
from .sap.messages import MessageCatalogue, MessageEntry, MessagesInvalid, built_in, read_messages
from .trail.vault import Vault

__all__ = ["Account", "Directory", "NoMapping", "NoStore"]

_log = structlog.get_logger(__name__)

T = TypeVar("T")

LARGEST_FILE_BYTES: Final = 4 * 1024 * 1024


class NoStore(ConnectorError):
    """The store is not served by this process; one that was just added is known within seconds."""

    retryable: ClassVar[bool] = True


class NoMapping(ConnectorError):
    """The tenant has no usable mapping file."""


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
    """

    store: stores.Store
    signing_secrets: tuple[str, ...]
    hook_secrets: abc.Mapping[str, str]
    facts: StoreFacts
    client: StoreClient
    catalogue: Catalogue

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
        mappings: folder with one `<tenant>.toml` per tenant.
        runtime: clocks.
    """

    def __init__(
        self, database: Database, vault: Vault, http: aiohttp.ClientSession, mappings: Path, runtime: Runtime
    ) -> None:
        self._database = database
        self._vault = vault
        self._http = http
        self._mappings = mappings
        self._runtime = runtime
        self._accounts: dict[StoreKey, Account] = {}
        self._by_hash: dict[str, Account] = {}
        self._unusable: dict[str, str] = {}
        self._mapping_files: dict[str, _File[Mapping]] = {}
        self._message_files: dict[str, _File[tuple[MessageEntry, ...]]] = {}

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

    def mapping(self, tenant: str) -> Mapping:
        """Return a tenant's mapping; a file that became invalid leaves the last valid one in force.

        Raises:
            NoMapping: there never was a valid one.
        """
        file = self._mapping_files.get(tenant)
        if file is None or file.value is None:
            said = f"{self._mapping_path(tenant)} is missing; check a new one with `mapping check`"
            raise NoMapping((file and file.complaint) or said)
        return file.value

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
        tenants = sorted({store.tenant for store in known})
        for tenant in tenants:
            self._reload_messages(tenant)
        return [tenant for tenant in tenants if self._reload(tenant)]

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
        )

    def _mapping_path(self, tenant: str) -> Path:
        return self._mappings / f"{tenant}.toml"

    def _reload(self, tenant: str) -> bool:
        path, known = self._mapping_path(tenant), self._mapping_files.get(tenant)
        file = self._mapping_files[tenant] = _look(path, known, load_mapping)
        if file.complaint and (known is None or known.complaint != file.complaint):
            _log.error("mapping.unusable", tenant=tenant, file=str(path), error=file.complaint)
        if file.value is None or (known and known.value and known.value.version == file.value.version):
            return False
        _log.info("mapping.loaded", tenant=tenant, file=str(path), version=file.value.version)
        return True

    def _reload_messages(self, tenant: str) -> None:
        path, known = self._mappings / f"{tenant}.messages.toml", self._message_files.get(tenant)
        if not path.exists():
            # A tenant need not have any; one that takes its file away is back at the relay's own.
            self._message_files.pop(tenant, None)
            return
        file = self._message_files[tenant] = _look(path, known, read_messages)
        if file.complaint and (known is None or known.complaint != file.complaint):
            _log.error("messages.unusable", tenant=tenant, file=str(path), error=file.complaint)
        elif file.settled and file is not known:
            _log.info("messages.loaded", tenant=tenant, file=str(path), entries=len(file.value or ()))


@dataclass(frozen=True, slots=True)
class _File(Generic[T]):
    """What was seen of a tenant's file; `settled` tells that it was read at this mark."""

    mark: tuple[int, int] | None
    settled: bool
    value: T | None
    complaint: str = ""


def _look(path: Path, known: _File[T] | None, read: Callable[[str, str], T]) -> _File[T]:
    """Look at a file once; one that just changed is read at the next look, when it is written to the end."""
    value = known.value if known else None
    mark: tuple[int, int] | None = None
    try:
        status = path.stat()
        mark = (status.st_mtime_ns, status.st_size)
        if known and known.mark == mark and known.settled:
            return known
        if value is not None and known and known.mark != mark:
            return _File(mark, settled=False, value=value, complaint=known.complaint)
        if status.st_size > LARGEST_FILE_BYTES:
            too_large = f"{path.name}: larger than {LARGEST_FILE_BYTES} bytes"
            return _File(mark, settled=True, value=value, complaint=too_large)
        return _File(mark, settled=True, value=read(path.read_text("utf-8"), path.name))
    except UnicodeDecodeError as error:
        return _File(mark, settled=True, value=value, complaint=f"{path.name}: not UTF-8: {error}")
    except (MappingInvalid, MessagesInvalid) as error:
        return _File(mark, settled=True, value=value, complaint=str(error))
    except OSError as error:
        return _File(None, settled=False, value=value, complaint=f"{path}: {error.strerror}")
