"""The tunnel over real TLS on loopback: who gets in, what travels, and in which order."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay.tunnel.enrolment import TOKEN_PREFIX, Enrolment, issue_token
from mlconnector_relay.tunnel.registry import InstanceKey, System
from mlconnector_shared.signing import Signer

from tests.support.landing import SYSTEM, Keys, Landing, WebsocketWire, make_csr
from tests.support.tunnel import AgentDouble


class Relay:
    """A tunnel that listens, and the public listener with enrolment."""

    def __init__(self, landing: Landing, tunnel_port: int, url: str) -> None:
        self.landing = landing
        self.port = tunnel_port
        self.url = url

    async def token(self, instance: str = "agent-1") -> dict[str, str]:
        text = await issue_token(
            self.landing.registry,
            self.landing.authority,
            self.landing.runtime,
            url=self.url,
            system=System(*SYSTEM),
            instance=instance,
        )
        content: dict[str, str] = json.loads(base64.urlsafe_b64decode(text.removeprefix(TOKEN_PREFIX)))
        return content

    async def enrol(self, token: dict[str, str], keys: Keys, signer: Signer, **changed: str) -> tuple[int, Any]:
        key = hashlib.sha256(b"mlconnector enrolment" + token["secret"].encode()).digest()
        request = {
            "token_id": token["id"],
            "instance": token["instance"],
            "csr": keys.csr,
            "signing_key": base64.b64encode(signer.public_bytes).decode(),
        }
        request["proof"] = hmac.new(key, "\n".join(request.values()).encode(), hashlib.sha256).hexdigest()
        async with aiohttp.ClientSession() as http, http.post(f"{self.url}/enrol", json=request | changed) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Relay]:
    runtime = SystemRuntime()
    landing = Landing(tmp_path, runtime)
    port = await landing.endpoint.listen("127.0.0.1", 0, ["localhost", "127.0.0.1"])
    application = web.Application()
    Enrolment(landing.authority, landing.identity, landing.registry, runtime, f"wss://127.0.0.1:{port}").register(
        application
    )
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield Relay(landing, port, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await landing.endpoint.drain(1)
    await runner.cleanup()


async def test_an_agent_enrols_connects_and_posts(relay: Relay, tmp_path: Path) -> None:
    """From a one-time token to an acknowledged result, nothing but what the agent got by enrolling is needed."""
    keys, signer = make_csr(), Signer.from_seed(b"s" * 32)
    status, answer = await relay.enrol(await relay.token(), keys, signer)
    assert status == 200
    context = keys.context(tmp_path, answer["certificate"], answer["ca_certificate"])
    wire = await WebsocketWire.dial(relay.port, context)
    agent = AgentDouble(wire, InstanceKey("acme", "agent-1"), signer, relay.landing.runtime)

    welcome = await agent.connect()
    await agent.grant(1)
    sent = await relay.landing.post()
    call = await agent.hear_call(relay.landing.trust)
    await agent.say(agent.result(call, object_key="190000000110002026"))

    assert welcome.quarantined == ""
    assert sent == call
    from mlconnector_shared.frames import Acknowledge

    assert await agent.hear(Acknowledge) == Acknowledge(sent.envelope_id, 1)
    assert [result.object_key for result in relay.landing.sink.results] == ["190000000110002026"]
    await agent.leave()
