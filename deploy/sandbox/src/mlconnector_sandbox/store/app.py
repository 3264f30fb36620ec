"""Puts one store together and serves it on loopback."""

import asyncio
import os
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import web

from .accounts import Account, Accounts
from .callbacks import Callbacks
from .control.routes import add_routes as add_control_routes
from .dock import Dock
from .edition import Edition
from .faults import Faults
from .hooks import Hooks
from .limits import QuotaSettings, RateLimit
from .profile import StoreProfile
from .purse import Purse
from .rest.b2b import add_routes as add_b2b_routes
from .rest.routes import add_routes as add_rest_routes
from .shelf import Shelf
from .shop import Shop
from .simulator import SIMULATOR, Simulator
from .state import StoreState
from .till import Till

__all__ = ["RunningStore", "StoreOptions", "running_store"]

HOST = "127.0.0.1"
# An order of two thousand lines is about four megabytes.
MAX_BODY = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store is started."""

    store_hash: str
    profile: StoreProfile
    port: int = 0
    state: Path | None = None
    retry_factor: float = 1.0
    access_token: str | None = None
    client_secret: str | None = None
    quota: int = QuotaSettings().quota
    any_destination: bool = True
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class RunningStore:
    """A store that answers."""

    port: int
    account: Account
    simulator: Simulator
    sender: asyncio.Task[None]

    def ready(self) -> bytes:
        """Write what others need to reach the store."""
        return msgspec.json.encode(
            {
                "pid": os.getpid(),
                "port": self.port,
                "store_hash": self.simulator.store_hash,
                "access_token": self.account.access_token,
                "client_id": self.account.client_id,
                "client_secret": self.account.client_secret,
            }
        )


@asynccontextmanager
async def running_store(options: StoreOptions) -> AsyncIterator[RunningStore]:
    """Serve a store until the context ends."""
    shelf = Shelf(options.state)
    simulator = _assemble(options, shelf)
    app = web.Application(client_max_size=MAX_BODY)
    app[SIMULATOR] = simulator
    add_rest_routes(app)
    add_b2b_routes(app)
    add_control_routes(app)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    tls = ssl.create_default_context(cafile=options.ca_file)
    sender = asyncio.create_task(simulator.callbacks.run(tls))
    try:
        site = web.TCPSite(runner, HOST, options.port)
        await site.start()
        port = int(runner.addresses[0][1])
        yield RunningStore(port, next(iter(simulator.accounts)), simulator, sender)
    finally:
        sender.cancel()
        simulator.faults.clear()
        await runner.cleanup()
        with suppress(asyncio.CancelledError):
            await sender
        shelf.close()


def _assemble(options: StoreOptions, shelf: Shelf) -> Simulator:
    state = StoreState(options.profile, shelf)
    accounts = Accounts(shelf)
    accounts.open_first(options.access_token, options.client_secret)
    store_id = 1_000_000_000 + zlib.crc32(options.store_hash.encode()) % 1_000_000_000
    hooks = Hooks(options.store_hash, shelf, state.allocate, any_destination=options.any_destination)
    callbacks = Callbacks(
        (options.store_hash, store_id), accounts, hooks, shelf, state.allocate, retry_factor=options.retry_factor
    )
    purse = Purse(state)
    shop = Shop(state, callbacks, purse)
    rate_limit = RateLimit()
    rate_limit.configure(QuotaSettings(quota=options.quota))
    return Simulator(
        store_hash=options.store_hash,
        store_id=store_id,
        profile=options.profile,
        state=state,
        accounts=accounts,
        hooks=hooks,
        callbacks=callbacks,
        shop=shop,
        till=Till(state, callbacks, shop, purse),
        dock=Dock(state, callbacks, shop),
        faults=Faults(state, shop),
        rate_limit=rate_limit,
        edition=Edition(),
    )
