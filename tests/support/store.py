"""A running store and a client for it, for tests that need a BigCommerce store over a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
from mlconnector_sandbox.store.app import RunningStore, StoreOptions, running_store
from mlconnector_sandbox.store.profile import load_profile
from mlconnector_sandbox.store.wire import decode, encode

__all__ = ["Answer", "StoreClient", "a_store"]

HASH = "abc123"


class Answer:
    """An HTTP answer, read."""

    def __init__(self, status: int, headers: Any, raw: bytes) -> None:
        self.status = status
        self.headers = headers
        self.raw = raw

    @property
    def body(self) -> Any:
        """Read the JSON, digits kept."""
        return decode(self.raw)


class StoreClient:
    """Calls a store's REST and control interface."""

    def __init__(self, running: RunningStore, session: aiohttp.ClientSession) -> None:
        self.running = running
        self.simulator = running.simulator
        self.origin = f"http://127.0.0.1:{running.port}"
        self.account = running.account
        self._session = session

    async def rest(self, path: str, method: str = "GET", body: Any = None, token: str | None = None) -> Answer:
        """Call the REST interface; the path begins with the version."""
        headers = {"X-Auth-Token": self.account.access_token if token is None else token, "Accept": "application/json"}
        return await self._call(method, f"{self.origin}/stores/{HASH}{path}", body, headers)

    async def b2b(self, path: str, token: str | None = None) -> Answer:
        """Call the B2B Edition's interface; the path comes after its root."""
        headers = {"X-Auth-Token": token or self.account.access_token, "X-Store-Hash": HASH}
        return await self._call("GET", f"{self.origin}/api/v3/io{path}", None, headers)

    async def control(self, path: str, method: str = "GET", body: Any = None) -> Answer:
        """Call the control interface; the path comes after `/sandbox`."""
        return await self._call(method, f"{self.origin}/sandbox{path}", body, {})

    async def describe(self, **fields: Any) -> int:
        """Place an order from a description and give its number."""
        answer = await self.control("/orders/describe", "POST", {"lines": [{"product_id": 112}], **fields})
        assert answer.status == 201, answer.raw
        return int(answer.body["id"])

    async def _call(self, method: str, url: str, body: Any, headers: dict[str, str]) -> Answer:
        async with self._session.request(method, url, json=body, headers=headers) as response:
            return Answer(response.status, response.headers, await response.read())


@asynccontextmanager
async def a_store(**options: Any) -> AsyncIterator[StoreClient]:
    """Run a store in this process; options are those of `StoreOptions`, the profile by name."""
    profile = load_profile(options.pop("profile", "eu"))
    wanted = replace(StoreOptions(HASH, profile), **options)
    async with running_store(wanted) as running, aiohttp.ClientSession(json_serialize=_text) as session:
        yield StoreClient(running, session)


def _text(value: Any) -> str:
    return encode(value).decode()
