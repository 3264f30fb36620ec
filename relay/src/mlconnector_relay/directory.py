"""The stores and mappings this process works with: read from database and files, kept fresh, secrets opened."""

import json
from collections import abc
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

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
from .trail.vault import Vault

__all__ = ["Account", "Directory", "NoMapping", "NoStore"]

_log = structlog.get_logger(__name__)

LARGEST_MAPPING_BYTES: Final = 4 * 1024 * 1024


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
        self._files: dict[str, _MappingFile] = {}

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
        file = self._files.get(tenant)
        if file is None or file.mapping is None:
            said = f"{self._path(tenant)} is missing; check a new one with `mapping check`"
            raise NoMapping((file and file.complaint) or said)
        return file.mapping

    async def refresh(self) -> list[str]:
        """Read stores that changed; read mapping files that changed; return the tenants with a new mapping."""
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
        return [tenant for tenant in sorted({store.tenant for store in known}) if self._reload(tenant)]

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

    def _path(self, tenant: str) -> Path:
        return self._mappings / f"{tenant}.toml"

    def _reload(self, tenant: str) -> bool:
        known = self._files.get(tenant)
        file = _look(self._path(tenant), known)
        self._files[tenant] = file
        if file.complaint and (known is None or known.complaint != file.complaint):
            _log.error("mapping.unusable", tenant=tenant, file=str(self._path(tenant)), error=file.complaint)
        if file.mapping is None or (known and known.mapping and known.mapping.version == file.mapping.version):
            return False
        _log.info("mapping.loaded", tenant=tenant, file=str(self._path(tenant)), version=file.mapping.version)
        return True


@dataclass(frozen=True, slots=True)
class _MappingFile:
    """What was seen of a tenant's file; `settled` tells that it was read at this mark."""

    mark: tuple[int, int] | None
    settled: bool
    mapping: Mapping | None
    complaint: str = ""


def _look(path: Path, known: _MappingFile | None) -> _MappingFile:
    """Look at a file once; one that just changed is read at the next look, when it is written to the end."""
    mapping = known.mapping if known else None
    mark: tuple[int, int] | None = None
    try:
        status = path.stat()
        mark = (status.st_mtime_ns, status.st_size)
        if known and known.mark == mark and known.settled:
            return known
        if mapping and known and known.mark != mark:
            return _MappingFile(mark, settled=False, mapping=mapping, complaint=known.complaint)
        return _MappingFile(mark, settled=True, mapping=_read(path, status.st_size))
    except MappingInvalid as error:
        return _MappingFile(mark, settled=True, mapping=mapping, complaint=str(error))
    except OSError as error:
        return _MappingFile(None, settled=False, mapping=mapping, complaint=f"{path}: {error.strerror}")


def _read(path: Path, size: int) -> Mapping:
    if size > LARGEST_MAPPING_BYTES:
        raise MappingInvalid(path.name, (f"larger than {LARGEST_MAPPING_BYTES} bytes",))
    try:
        return load_mapping(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise MappingInvalid(path.name, (f"not UTF-8: {error}",)) from error
