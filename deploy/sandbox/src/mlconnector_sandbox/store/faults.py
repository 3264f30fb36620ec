"""Faults of the REST interface: what each does, how often, and to which requests; set through the control interface."""

import asyncio
import fnmatch
import time
from typing import Any

import msgspec

from .record import OrderRecord
from .shop import Shop
from .state import StoreState
from .wire import Json

__all__ = ["ActiveFault", "Edit", "Error", "Fault", "Faults", "Hold", "Latency", "Missing", "Stale"]


POLL_SECONDS = 0.005


class Latency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="latency"):
    """Answers of matching requests wait."""

    seconds: float
    path: str = "*"
    method: str = "*"
    times: int | None = None


class Error(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="error"):
    """Matching requests get an error instead, or after they were carried out; status 0 cuts the connection."""

    status: int
    path: str = "*"
    method: str = "*"
    times: int | None = None
    after: bool = False
    headers: dict[str, str] = {}
    body: Any = None
    rate_limit_headers: bool = True


class Hold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="hold"):
    """Matching requests wait until released: before the answer is made, or after, so that it is of before."""

    path: str = "*"
    method: str = "*"
    times: int | None = None
    after: bool = False


class Stale(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="stale"):
    """An order is read as it was before its last change, for some reads or seconds."""

    order_id: int
    times: int | None = None
    seconds: float | None = None


class Missing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="missing"):
    """An order, or every order without `order_id`, is not found, for some reads, or while it is young."""

    order_id: int | None = None
    times: int | None = None
    seconds: float | None = None
    younger_than_seconds: float | None = None


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="edit"):
    """An order is edited when it has been fetched from `after` times, its sub-resources counted."""

    order_id: int
    change: dict[str, Any]
    after: int = 1
    times: int | None = 1
    quiet: bool = False


Fault = Latency | Error | Hold | Stale | Missing | Edit


class ActiveFault:
    """A fault at work: how often it struck, and what it holds."""

    def __init__(self, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.hits = 0
        self.fetches = 0
        self.held = 0
        self.started = time.monotonic()
        self.released = asyncio.Event()

    @property
    def spent(self) -> bool:
        """Tell whether it has struck as often, or as long, as it was to."""
        if self.fault.times is not None and self.hits >= self.fault.times:
            return True
        seconds = self.fault.seconds if isinstance(self.fault, Stale | Missing) else None
        return seconds is not None and time.monotonic() - self.started > seconds

    def shown(self) -> Json:
        """Give the fault as the control interface shows it."""
        state = {"hits": self.hits, "held": self.held, "spent": self.spent}
        return {"id": self.number, **msgspec.to_builtins(self.fault), **state}


class Faults:
    """The faults at work, in the order they were set."""

    def __init__(self, state: StoreState, shop: Shop) -> None:
        self._state = state
        self._shop = shop
        self._next = 1
        self.active: dict[int, ActiveFault] = {}

    def add(self, fault: Fault) -> ActiveFault:
        """Set a fault."""
        active = ActiveFault(self._next, fault)
        self._next += 1
        self.active[active.number] = active
        return active

    def remove(self, number: int) -> bool:
        """Take a fault back, letting go of what it holds; tell whether there was one."""
        active = self.active.pop(number, None)
        if active is not None:
            active.released.set()
        return active is not None

    def clear(self) -> None:
        """Take all faults back."""
        for number in list(self.active):
            self.remove(number)

    def release(self, number: int) -> bool:
        """Let go of what a hold holds now; it holds the next again."""
        active = self.active.get(number)
        if active is None:
            return False
        active.released.set()
        active.released = asyncio.Event()
        return True

    async def wait(self, active: ActiveFault, count: int, seconds: float) -> bool:
        """Wait until a fault has struck so often; tell whether it did in time."""
        deadline = time.monotonic() + seconds
        while active.hits < count:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True

    # --- what requests meet ----------------------------------------------------------------------------------------

    def error_for(self, method: str, path: str) -> Error | None:
        """Give the error that a request gets instead of an answer."""
        for active in self.active.values():
            if isinstance(active.fault, Error) and self._strikes(active, method, path):
                return active.fault
        return None

    async def delay(self, method: str, path: str, *, after: bool) -> None:
        """Wait as long as latency and holds say, before or after the answer is made."""
        for active in list(self.active.values()):
            fault = active.fault
            if isinstance(fault, Latency) and not after and self._strikes(active, method, path):
                await asyncio.sleep(fault.seconds)
            elif isinstance(fault, Hold) and fault.after == after and self._strikes(active, method, path):
                active.held += 1
                try:
                    await active.released.wait()
                finally:
                    active.held -= 1

    def order_as_seen(self, order_id: int) -> OrderRecord | None:
        """Give an order as a request sees it: perhaps not there yet, perhaps as it was."""
        record = self._state.order(order_id)
        for active in self.active.values():
            fault = active.fault
            if active.spent or record is None:
                continue
            if isinstance(fault, Missing) and self._is_missing(fault, record):
                active.hits += 1
                return None
            if isinstance(fault, Stale) and fault.order_id == order_id:
                active.hits += 1
                return self._state.earlier(order_id) or record
        return record

    def note_fetch(self, order_id: int) -> None:
        """Count a finished fetch of an order or something below it; edits wait for their count."""
        for active in list(self.active.values()):
            fault = active.fault
            if not isinstance(fault, Edit) or fault.order_id != order_id or active.spent:
                continue
            active.fetches += 1
            if active.fetches >= fault.after:
                active.hits += 1
                active.fetches = 0
                self._shop.edit(order_id, fault.change, quiet=fault.quiet)

    @staticmethod
    def _is_missing(fault: Missing, record: OrderRecord) -> bool:
        if fault.order_id is not None and fault.order_id != record.id:
            return False
        age = time.time() - record.facts().created
        return fault.younger_than_seconds is None or age < fault.younger_than_seconds

    @staticmethod
    def _strikes(active: ActiveFault, method: str, path: str) -> bool:
        fault = active.fault
        if active.spent or not isinstance(fault, Latency | Error | Hold):
            return False
        if not fnmatch.fnmatchcase(path, fault.path) or not fnmatch.fnmatchcase(method, fault.method):
            return False
        active.hits += 1
        return True
