"""The stores and mappings this process works with: read from database and files, kept fresh, secrets opened."""

import json
from collections import abc
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
    """The store is not, or no longer, served by this relay."""


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
        self._mapping: dict[str, Mapping] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._complaints: dict[str, MappingInvalid] = {}

    def by_hash(self, store_hash: str) -> Account | None:
        """Return the store a callback is addressed to."""
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
        mapping = self._mapping.get(tenant)
        if mapping is None:
            path = self._path(tenant)
            raise NoMapping(str(self._complaints.get(tenant) or f"{path} is missing; run `mapping check` on a new one"))
        return mapping

    def complaints(self) -> dict[str, MappingInvalid]:
        """Return what is wrong with the mapping files, by tenant."""
        return dict(self._complaints)

    async def refresh(self) -> list[str]:
        """Read stores that changed; read mapping files that changed; return the tenants with a new mapping."""
        async with self._database.read() as tx:
            known = await stores.active(tx)
        accounts = {StoreKey(store.tenant, store.store_hash): self._opened(store) for store in known}
        self._accounts = accounts
        self._by_hash = {account.store.store_hash: account for account in accounts.values()}
        tenants = sorted({store.tenant for store in known})
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

    def _path(self, tenant: str) -> Path:
        return self._mappings / f"{tenant}.toml"

    def _reload(self, tenant: str) -> bool:
        path = self._path(tenant)
        try:
            status = path.stat()
            mark = (status.st_mtime_ns, status.st_size)
            if self._seen.get(tenant) == mark:
                return False
            self._seen[tenant] = mark
            mapping = _read_mapping(path, status.st_size)
        except FileNotFoundError:
            return False
        except (OSError, UnicodeDecodeError) as error:
            _log.error("mapping.unreadable", tenant=tenant, file=str(path), error=str(error))
            return False
        except MappingInvalid as error:
            self._complaints[tenant] = error
            _log.error("mapping.invalid", tenant=tenant, file=str(path), errors=list(error.errors))
            return False
        self._complaints.pop(tenant, None)
        changed = tenant not in self._mapping or self._mapping[tenant].version != mapping.version
        self._mapping[tenant] = mapping
        if changed:
            _log.info("mapping.loaded", tenant=tenant, file=str(path), version=mapping.version)
        return changed


def _read_mapping(path: Path, size: int) -> Mapping:
    if size > LARGEST_MAPPING_BYTES:
        raise MappingInvalid(path.name, (f"larger than {LARGEST_MAPPING_BYTES} bytes",))
    return load_mapping(path.read_text("utf-8"), path.name)
