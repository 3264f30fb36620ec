"""The tunnel over real TLS on loopback: who gets in, what travels, and in which order."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay import bodies
from mlconnector_relay.db.errors import DatabaseUnavailable
from mlconnector_relay.tunnel.authority import Authority
from mlconnector_relay.tunnel.enrolment import TOKEN_PREFIX, Enrolment, issue_token
from mlconnector_relay.tunnel.registry import InstanceKey, System
from mlconnector_shared import frames
from mlconnector_shared.envelope import ReadTable
from mlconnector_shared.signing import Signer
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from tests.support.landing import SYSTEM, Keys, Landing, WebsocketWire, make_csr
from tests.support.tunnel import AgentDouble, Closed

KEY = InstanceKey("acme", "agent-1")
SIGNER = Signer.from_seed(b"s" * 32)


class Relay:
    """A tunnel that listens, and the public listener with enrolment."""

    def __init__(self, landing: Landing, tunnel_port: int, url: str) -> None:
        self.landing = landing
        self.port = tunnel_port
        self.url = url
        self.agents: list[AgentDouble] = []

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


class Enrolled:
    """An agent's identity as it has it on its disk."""

    def __init__(self, relay: Relay, keys: Keys, folder: Path, answer: dict[str, Any]) -> None:
        self.relay = relay
        self.keys = keys
        self.folder = folder
        self.answer = answer

    def context(self, certificate: str = "", authority: str = "") -> ssl.SSLContext:
        return self.keys.context(
            self.folder, certificate or self.answer["certificate"], authority or self.answer["ca_certificate"]
        )

    async def dial(self, context: ssl.SSLContext | None = None, **hello: Any) -> AgentDouble:
        wire = await WebsocketWire.dial(self.relay.port, context or self.context())
        agent = AgentDouble(wire, KEY, SIGNER, self.relay.landing.runtime, **hello)
        self.relay.agents.append(agent)
        return agent

    async def connected(self, writes: int = 1, **hello: Any) -> AgentDouble:
        agent = await self.dial(**hello)
        await agent.connect()
        await agent.grant(writes)
        return agent


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
    serving = Relay(landing, port, f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield serving
    for agent in serving.agents:
        await agent.leave()
    await landing.endpoint.drain(0)
    await runner.cleanup()


@pytest.fixture
async def enrolled(relay: Relay, tmp_path: Path) -> Enrolled:
    keys = make_csr()
    status, answer = await relay.enrol(await relay.token(), keys, SIGNER)
    assert status == 200
    return Enrolled(relay, keys, tmp_path, answer)


async def test_an_agent_enrols_connects_and_posts(relay: Relay, enrolled: Enrolled) -> None:
    """From a one-time token to an acknowledged result, nothing but what the agent got by enrolling is needed."""
    agent = await enrolled.connected()

    sent = await relay.landing.post()
    call = await agent.hear_call(relay.landing.trust)
    await agent.say(agent.result(call, object_key="190000000110002026"))

    assert sent == call
    assert await agent.hear(frames.Acknowledge) == frames.Acknowledge(sent.envelope_id, 1)
    assert [result.object_key for result in relay.landing.sink.results] == ["190000000110002026"]


# Enrolment over HTTP.


async def test_a_token_enrols_once(relay: Relay) -> None:
    """The second answer says so; the first agent is not touched."""
    token = await relay.token()
    first, _ = await relay.enrol(token, make_csr(), SIGNER)
    second, answer = await relay.enrol(token, make_csr(), SIGNER)

    assert (first, second, answer["error"]) == (200, 403, "used")


async def test_a_forged_proof_enrols_nobody(relay: Relay) -> None:
    """Without the secret there is no certificate."""
    status, answer = await relay.enrol(await relay.token(), make_csr(), SIGNER, proof="f" * 64)

    assert (status, answer["error"]) == (403, "not_accepted")
    assert relay.landing.registry.known == {}


async def test_an_expired_token_enrols_nobody(relay: Relay) -> None:
    """However well its secret is known."""
    token = await relay.token()
    registry = relay.landing.registry
    known = registry.tokens[token["id"]]
    registry.tokens[token["id"]] = replace(known, expires_at=relay.landing.runtime.now())

    status, answer = await relay.enrol(token, make_csr(), SIGNER)

    assert (status, answer["error"]) == (403, "expired")


@pytest.mark.parametrize(("size", "error"), [(10, "malformed"), (20_000, "too_large"), (900_000, "too_large")])
async def test_a_body_that_is_no_request_is_refused(relay: Relay, size: int, error: str) -> None:
    """The public listener answers anybody, shortly."""
    async with aiohttp.ClientSession() as http, http.post(f"{relay.url}/enrol", data=b"x" * size) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, error)


async def test_a_request_that_does_not_come_is_given_up(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is not held for ever by one byte a minute."""
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    host, _, port = relay.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)
    writer.close()

    assert answer.split()[1] == b"400"


async def test_a_token_survives_a_database_that_is_away(relay: Relay) -> None:
    """503 and one sentence, no traceback; afterwards the same token enrols."""
    token, redeem = await relay.token(), relay.landing.registry.redeem

    async def away(*_: Any) -> bool:
        raise DatabaseUnavailable("the disk is full")

    relay.landing.registry.redeem = away  # type: ignore[method-assign]
    status, answer = await relay.enrol(token, make_csr(), SIGNER)
    assert (status, answer["error"]) == (503, "unavailable")
    assert "disk" not in answer["detail"]

    relay.landing.registry.redeem = redeem  # type: ignore[method-assign]
    status, _ = await relay.enrol(token, make_csr(), SIGNER)
    assert status == 200


# Mutual TLS.


async def refused(relay: Relay, context: ssl.SSLContext) -> None:
    """With TLS 1.3 the client learns of its refusal only when it reads."""
    with pytest.raises((ssl.SSLError, ConnectionError, InvalidHandshake)):
        await WebsocketWire.dial(relay.port, context)
    assert relay.landing.sessions.all() == []


async def test_without_a_certificate_nobody_gets_in(relay: Relay, enrolled: Enrolled) -> None:
    """TLS itself refuses, before a byte of ours is read."""
    await refused(relay, ssl.create_default_context(cadata=enrolled.answer["ca_certificate"]))


async def test_a_foreign_certificate_does_not_count(relay: Relay, enrolled: Enrolled, tmp_path: Path) -> None:
    """It names the right agent, but another authority signed it."""
    foreign = Authority.load(tmp_path / "foreign", relay.landing.runtime)

    await refused(relay, enrolled.context(foreign.issue_client(enrolled.keys.csr, KEY).pem))


async def test_an_expired_certificate_does_not_count(relay: Relay, enrolled: Enrolled, tmp_path: Path) -> None:
    """The authority's clock was a hundred days back when it signed."""

    class LongAgo(SystemRuntime):
        def now(self) -> datetime:
            return super().now() - timedelta(days=100)

    authority = Authority.load(tmp_path, LongAgo())

    await refused(relay, enrolled.context(authority.issue_client(enrolled.keys.csr, KEY).pem))


async def test_the_listeners_own_certificate_is_no_agents(relay: Relay, enrolled: Enrolled, tmp_path: Path) -> None:
    """A certificate serves one purpose."""
    context = ssl.create_default_context(cadata=enrolled.answer["ca_certificate"])
    context.load_cert_chain(tmp_path / "authority" / "listener.pem")

    await refused(relay, context)


async def test_tls_1_2_is_not_spoken(relay: Relay, enrolled: Enrolled) -> None:
    """Client certificates would travel in the clear."""
    context = enrolled.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    await refused(relay, context)


async def test_an_agent_does_not_talk_to_another_relay(relay: Relay, enrolled: Enrolled, tmp_path: Path) -> None:
    """It pinned the authority its token named."""
    foreign = Authority.load(tmp_path / "foreign", relay.landing.runtime)

    with pytest.raises(ssl.SSLCertVerificationError):
        await WebsocketWire.dial(relay.port, enrolled.context(authority=foreign.certificate_pem))


async def test_the_subprotocol_must_be_named(relay: Relay, enrolled: Enrolled) -> None:
    """Something else that speaks websocket is not one of ours."""
    with pytest.raises(InvalidStatus) as answer:
        await connect(f"wss://127.0.0.1:{relay.port}/", ssl=enrolled.context(), proxy=None)

    assert answer.value.response.status_code == 400


async def test_a_revoked_certificate_is_told_and_sent_away(relay: Relay, enrolled: Enrolled) -> None:
    """TLS still takes it; the records do not."""
    relay.landing.registry.change(KEY, revoked=True)
    agent = await enrolled.dial()

    with pytest.raises(Closed, match="revoked"):
        await agent.hear(frames.Welcome)


async def test_a_revocation_ends_live_sessions(relay: Relay, enrolled: Enrolled) -> None:
    """Within seconds, not at the next reconnect."""
    watching = asyncio.create_task(relay.landing.watch.run())
    agent = await enrolled.connected()
    relay.landing.registry.change(KEY, revoked=True)

    with pytest.raises(Closed, match="revoked"):
        await agent.hear(frames.Call, seconds=5)
    watching.cancel()


async def test_a_certificate_is_renewed_over_the_session(relay: Relay, enrolled: Enrolled) -> None:
    """A new key, a new certificate; both open sessions while they overlap."""
    agent = await enrolled.connected()
    keys = make_csr()
    await agent.say(frames.Renew(keys.csr))
    renewed = await agent.hear(frames.Renewed)

    context = keys.context(enrolled.folder, renewed.certificate, enrolled.answer["ca_certificate"])
    newer = await enrolled.dial(context)

    assert (await newer.connect()).generation == 2
    assert (await (await enrolled.dial()).connect()).generation == 3


async def test_the_listener_takes_a_fresh_certificate(relay: Relay, enrolled: Enrolled, tmp_path: Path) -> None:
    """New connections see it; a session that stands goes on."""
    agent = await enrolled.connected()
    before = await seen_by(enrolled)
    endpoint = relay.landing.endpoint
    assert endpoint._context
    relay.landing.authority.refresh(endpoint._context, endpoint._names)

    assert await seen_by(enrolled) != before
    await relay.landing.post()
    assert await agent.hear_call(relay.landing.trust)


async def seen_by(enrolled: Enrolled) -> int:
    wire = await WebsocketWire.dial(enrolled.relay.port, enrolled.context())
    der = wire.connection.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
    await wire.close(1000, "")
    return x509.load_der_x509_certificate(der).serial_number


# What strangers with a certificate send.


@pytest.mark.parametrize("data", ["a text message", b"garbage", b"\xc1"])
async def test_garbage_closes_the_session(relay: Relay, enrolled: Enrolled, data: str | bytes) -> None:
    """With a reason the agent's log will show."""
    wire = await WebsocketWire.dial(relay.port, enrolled.context())
    await wire.connection.send(data)

    close = frames.decode(await wire.recv())

    assert isinstance(close, frames.Close)
    assert close.reason == "protocol_error"
    await wire.connection.wait_closed()
    assert (wire.connection.close_code, wire.connection.close_reason) == (1008, "protocol_error")


async def test_an_oversized_message_closes_the_session(relay: Relay, enrolled: Enrolled) -> None:
    """Before it is read into memory as a whole."""
    agent = await enrolled.connected()
    wire = agent.wire
    assert isinstance(wire, WebsocketWire)

    await wire.send(bytes(frames.MAX_MESSAGE_BYTES + 1))

    await wire.connection.wait_closed()
    assert wire.connection.close_code == 1009
    while relay.landing.sessions.all():
        await asyncio.sleep(0.01)


# Sessions.


async def test_a_second_connection_fences_the_first(relay: Relay, enrolled: Enrolled) -> None:
    """The older one of the slot hears that it is over; the other slot stays."""
    first, other = await enrolled.connected(), await enrolled.connected(slot=1)
    second = await enrolled.connected()

    with pytest.raises(Closed, match="fenced"):
        await first.hear(frames.Call)
    assert (second.session.is_open, other.session.is_open) == (True, True)


async def test_a_restored_machine_is_quarantined(relay: Relay, enrolled: Enrolled) -> None:
    """Its journal ends before what we know of it."""
    agent = await enrolled.connected(journal_sequence=12)
    await agent.leave()
    while relay.landing.sessions.all():
        await asyncio.sleep(0.01)

    restored = await enrolled.dial(journal_sequence=11)

    assert (await restored.connect()).quarantined == "journal went back from 12 to 11"
    assert not relay.landing.dispatcher.available(*SYSTEM)


async def test_a_lost_connection_leaves_the_posting_to_its_instance(relay: Relay, enrolled: Enrolled) -> None:
    """The result comes on the next session; until then it is under way nowhere, and nobody calls it failed."""
    agent = await enrolled.connected()
    await relay.landing.post()
    call = await agent.hear_call(relay.landing.trust)
    await agent.leave()
    while relay.landing.sessions.all():
        await asyncio.sleep(0.01)
    assert relay.landing.sink.results == []

    again = await enrolled.connected(boot_id="boot-2")
    await again.say(again.result(call))

    await again.hear(frames.Acknowledge)
    assert [result.envelope_id for result in relay.landing.sink.results] == [call.envelope_id]


# Large reads.

CELL = "x" * 60
CHUNK = [[CELL] * 40 for _ in range(100)]


async def stream(agent: AgentDouble, envelope_id: str, chunks: int) -> None:
    """Send chunks as fast as credit and the socket allow."""
    for number in range(chunks):
        while agent.session.row_credit(envelope_id) < 1:
            await asyncio.sleep(0)
        await agent.say(frames.Rows(envelope_id, number, CHUNK))


async def test_a_posting_overtakes_a_large_read(relay: Relay, enrolled: Enrolled) -> None:
    """While a table of 70 MB streams as fast as it can, a posting's result arrives among the chunks, not after them."""
    agent = await enrolled.connected()
    read = relay.landing.dispatcher.read_table(*SYSTEM, ReadTable("BKPF", ("A",)))
    order: list[str] = []
    record = relay.landing.sink.result

    async def noted(*arguments: Any) -> None:
        await record(*arguments)
        order.append("posted")

    relay.landing.sink.result = noted  # type: ignore[method-assign]

    async def consume() -> int:
        rows = 0
        async for chunk in read:
            rows += len(chunk)
            order.append("rows")
        return rows

    consuming = asyncio.create_task(consume())
    read_call = await agent.hear_call(relay.landing.trust)
    streaming = asyncio.create_task(stream(agent, read_call.envelope_id, 300))
    while order.count("rows") < 50:
        await asyncio.sleep(0)
    await relay.landing.post()
    call = await agent.hear_call(relay.landing.trust)
    await agent.say(agent.result(call))
    await streaming
    await agent.say(agent.result(read_call, outcome="read", rows=30_000))

    assert await consuming == 30_000
    assert order.index("posted") < 150
    assert read.result


async def test_a_reader_that_stalls_holds_nothing_else_back(relay: Relay, enrolled: Enrolled) -> None:
    """Its chunks stop at the agent; postings pass."""
    agent = await enrolled.connected()
    read = relay.landing.dispatcher.read_table(*SYSTEM, ReadTable("BKPF", ("A",)))
    first = asyncio.create_task(anext(read))
    read_call = await agent.hear_call(relay.landing.trust)
    streaming = asyncio.create_task(stream(agent, read_call.envelope_id, 300))
    await first
    await asyncio.sleep(0.2)

    await relay.landing.post()
    await agent.say(agent.result(await agent.hear_call(relay.landing.trust)))
    await agent.hear(frames.Acknowledge)

    assert not streaming.done()
    streaming.cancel()
    await read.aclose()
