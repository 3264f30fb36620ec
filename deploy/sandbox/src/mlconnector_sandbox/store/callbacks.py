"""Sends callbacks to the hooks that listen, and keeps trying as BigCommerce does."""

import asyncio
import contextlib
import hashlib
import heapq
import random
import ssl
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from .accounts import Accounts
from .blocklist import BlockedDomain, Blocklist
from .deliveries import Attempt, CallbackSettings, Delivery, next_delay
from .events import event_body
from .hooks import EXCEPTION_SCOPE, Hook, Hooks
from .shelf import Shelf
from .signing import signature_headers

__all__ = ["Callbacks"]

CONCURRENT_POSTS = 256
FINISHED_KEPT = 20_000
USER_AGENT = "pekko-http/1.3.0"
WARNING_INTERVAL_SECONDS = 600.0
WILL_RETRY, EXHAUSTED, BLOCKED = 90001, 90002, 90003


class Callbacks:
    """Fires events at hooks. `fire` only writes down; `run` sends."""

    def __init__(
        self,
        store: tuple[str, int],
        accounts: Accounts,
        hooks: Hooks,
        shelf: Shelf,
        allocate: Callable[[str], int],
        *,
        retry_factor: float,
        finished_kept: int = FINISHED_KEPT,
    ) -> None:
        self._store_hash, self._store_id = store
        self._accounts = accounts
        self._hooks = hooks
        self._shelf = shelf
        self._allocate = allocate
        self._factor = retry_factor
        self._blocklist = Blocklist(retry_factor)
        self._warned: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(CONCURRENT_POSTS)
        self._finished: deque[int] = deque()
        self._finished_kept = finished_kept
        self.settings = CallbackSettings()
        self.muted = False
        self._log = {int(key): msgspec.convert(body, Delivery) for key, body in shelf.read("delivery")}
        self._due: list[tuple[float, int]] = []
        for delivery in list(self._log.values()):
            self._keep(msgspec.structs.replace(delivery, state="waiting") if not delivery.finished else delivery)

    # --- what others ask -------------------------------------------------------------------------------------------

    def deliveries(self) -> Collection[Delivery]:
        """Give all deliveries still known, oldest first."""
        return self._log.values()

    def blocked(self, client_id: str) -> list[BlockedDomain]:
        """Give the client's blocked domains."""
        return self._blocklist.blocked(client_id, time.time())

    def configure(self, settings: CallbackSettings) -> None:
        """Change how callbacks misbehave, from the next one sent."""
        self.settings = settings
        self._wake.set()

    # --- firing ----------------------------------------------------------------------------------------------------

    def fire(self, scope: str, data: Any) -> list[Delivery]:
        """Write down an event for every hook that listens; without one, or when muted, there is nothing to send."""
        if self.muted:
            return []
        listening = self._hooks.listening(scope)
        now = time.time()
        # Opaque, new for every event, and the same over all its retries and copies.
        digest = hashlib.sha1(uuid.uuid4().bytes, usedforsecurity=False).hexdigest()
        body = event_body(self._store_hash, self._store_id, scope, data, int(now), digest).decode()
        return [
            self._write_down(hook, scope, digest, body, now) for hook in listening for _ in range(self.settings.copies)
        ]

    @contextlib.contextmanager
    def hushed(self, *, quiet: bool = True) -> Iterator[None]:
        """Fire nothing for a while."""
        self.muted = quiet
        try:
            yield
        finally:
            self.muted = False

    def redeliver(self, delivery: Delivery) -> Delivery:
        """Send an event once more, bytes and hash unchanged, whatever became of it before."""
        again = Delivery(
            id=self._allocate("delivery"),
            hook_id=delivery.hook_id,
            scope=delivery.scope,
            digest=delivery.digest,
            body=delivery.body,
            event_at=delivery.event_at,
            due=time.time(),
        )
        return self._keep(again)

    def _write_down(self, hook: Hook, scope: str, digest: str, body: str, now: float) -> Delivery:
        settings = self.settings
        lost = random.random() < settings.loss
        due = now + settings.delay_seconds + random.random() * settings.disorder_seconds
        delivery = Delivery(self._allocate("delivery"), hook.id, scope, digest, body, int(now), due)
        if lost:
            delivery = msgspec.structs.replace(delivery, state="lost", reason="a fault of the sandbox")
        return self._keep(delivery)

    def _keep(self, delivery: Delivery) -> Delivery:
        self._log[delivery.id] = delivery
        self._shelf.put("delivery", delivery.id, msgspec.to_builtins(delivery))
        if delivery.state == "waiting":
            heapq.heappush(self._due, (delivery.due, delivery.id))
            self._wake.set()
        elif delivery.finished:
            self._finished.append(delivery.id)
            while len(self._finished) > self._finished_kept:
                oldest = self._finished.popleft()
                self._log.pop(oldest, None)
                self._shelf.drop("delivery", oldest)
        return delivery

    # --- sending ---------------------------------------------------------------------------------------------------

    async def run(self, tls: ssl.SSLContext) -> None:
        """Send what is due, until cancelled."""
        connector = aiohttp.TCPConnector(limit=CONCURRENT_POSTS, ssl=tls)
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as sending:
            while True:
                await self._wait()
                for delivery in self._take_due():
                    await self._slots.acquire()
                    sending.create_task(self._send(session, delivery))

    async def _wait(self) -> None:
        self._wake.clear()
        if self.settings.paused or not self._due:
            await self._wake.wait()
            return
        left = self._due[0][0] - time.time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, left)):
                await self._wake.wait()

    def _take_due(self) -> list[Delivery]:
        taken: list[Delivery] = []
        now = time.time()
        while not self.settings.paused and self._due and self._due[0][0] <= now:
            delivery = self._log.get(heapq.heappop(self._due)[1])
            if delivery is not None and delivery.state == "waiting":
                self._log[delivery.id] = msgspec.structs.replace(delivery, state="sending")
                taken.append(delivery)
        return taken

    async def _send(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        try:
            hook = self._hooks.get(delivery.hook_id)
            if hook is None or not hook.is_active:
                self._keep(msgspec.structs.replace(delivery, state="dropped", reason="the hook is gone or inactive"))
                return
            domain = urlsplit(hook.destination).netloc
            if self.settings.blocklist and self._blocklist.blocks(hook.client_id, domain, time.time()):
                self._failed(hook, delivery, Attempt(time.time(), None, "the domain is blocked", 0.0))
                return
            attempt = await self._post(session, hook, delivery)
            failure = "" if attempt.accepted else attempt.error or f"status {attempt.status}"
            if self._blocklist.note(hook.client_id, domain, failure, time.time()) and self.settings.blocklist:
                self._warn(hook, delivery, BLOCKED, "the domain is blocked for a while")
            if attempt.accepted:
                attempts = (*delivery.attempts, attempt)
                self._keep(msgspec.structs.replace(delivery, state="delivered", attempts=attempts))
            else:
                self._failed(hook, delivery, attempt)
        finally:
            self._slots.release()

    async def _post(self, session: aiohttp.ClientSession, hook: Hook, delivery: Delivery) -> Attempt:
        started = time.time()
        stamp = int(started) if self.settings.restamp_retries or not delivery.attempts else int(delivery.attempts[0].at)
        account = self._accounts.by_client(hook.client_id)
        secret = account.client_secret if account else ""
        body = delivery.body.encode()
        headers = {
            **(hook.headers or {}),
            "content-type": "application/json",
            "accept-encoding": "gzip",
            "user-agent": USER_AGENT,
            **signature_headers(secret, delivery.digest, stamp, body),
        }
        timeout = aiohttp.ClientTimeout(total=self.settings.ack_timeout_seconds)
        status: int | None = None
        error = ""
        try:
            async with session.post(
                hook.destination, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            error = f"{type(failure).__name__}: {failure}"
        return Attempt(started, status, error, time.time() - started)

    def _failed(self, hook: Hook, delivery: Delivery, attempt: Attempt) -> None:
        attempts = (*delivery.attempts, attempt)
        delay = next_delay(len(attempts))
        if delay is None:
            self._keep(msgspec.structs.replace(delivery, state="exhausted", attempts=attempts))
            self._hooks.deactivate(hook)
            self._warn(hook, delivery, EXHAUSTED, "the last retry failed, the hook is deactivated")
            return
        due = time.time() + delay * self._factor
        self._keep(msgspec.structs.replace(delivery, state="waiting", attempts=attempts, due=due))
        self._warn(hook, delivery, WILL_RETRY, "a delivery failed and will be retried")

    def _warn(self, hook: Hook, delivery: Delivery, code: int, message: str) -> None:
        now = time.time()
        if delivery.scope == EXCEPTION_SCOPE or (
            code == WILL_RETRY
            and now - self._warned.get(hook.destination, 0.0) < WARNING_INTERVAL_SECONDS * self._factor
        ):
            return
        self._warned[hook.destination] = now
        self.fire(EXCEPTION_SCOPE, {"type": "webhook", "id": hook.id, "error_code": code, "message": message})
