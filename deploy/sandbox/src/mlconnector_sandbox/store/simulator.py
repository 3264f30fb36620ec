"""The parts of one running store, as the handlers receive them."""

from dataclasses import dataclass

from aiohttp import web

from .accounts import Accounts
from .callbacks import Callbacks
from .dock import Dock
from .edition import Edition
from .faults import Faults
from .hooks import Hooks
from .limits import RateLimit
from .profile import StoreProfile
from .shop import Shop
from .state import StoreState
from .till import Till

__all__ = ["SIMULATOR", "Simulator"]


@dataclass(frozen=True, slots=True)
class Simulator:
    """One store and everything that answers for it."""

    store_hash: str
    store_id: int
    profile: StoreProfile
    state: StoreState
    accounts: Accounts
    hooks: Hooks
    callbacks: Callbacks
    shop: Shop
    till: Till
    dock: Dock
    faults: Faults
    rate_limit: RateLimit
    edition: Edition


SIMULATOR = web.AppKey("simulator", Simulator)
