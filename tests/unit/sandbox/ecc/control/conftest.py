"""A system with gateway and control interface."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from mlconnector_sandbox.ecc.control.app import build
from mlconnector_sandbox.ecc.listener import Listener, free_listener

from tests.support.ecc import Ecc


class Control:
    """Calls the control interface; paths come after `/sandbox`."""

    def __init__(self, http: Any, listener: Listener) -> None:
        self.listener = listener
        self._http = http

    async def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        async with self._http.request(method, f"/sandbox{path}", json=body) as answer:
            content = await answer.json()
            assert answer.status == status, content
            return content


@pytest.fixture
async def control(ecc: Ecc) -> AsyncIterator[Control]:
    listener = free_listener(ecc.system)
    async with TestClient(TestServer(build(ecc.system, listener))) as http:
        yield Control(http, listener)
    listener.end()
