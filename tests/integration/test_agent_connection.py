"""The agent's connection over real TLS on loopback: who is believed, what is refused, and that it always comes back."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from mlconnector_agent.connection.dialler import Dialler
from mlconnector_agent.connection.links import DialFailed, Link, LinkClosed, dial
from mlconnector_agent.identity import Enrolled, Identity
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_shared import frames
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import CallEnvelope, Post, ReadTable, to_bytes
from mlconnector_shared.signing import Signer, seal
from mlconnector_shared.version import SUBPROTOCOL
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.support.desk import RELAY, US, DeskParts, RelayDouble, a_desk
from tests.unit.agent.connection.test_conversation import a_hello
from tests.unit.agent.test_policy import POLICY, document

RUNTIME = SystemRuntime()


class Authority:
    """A certificate authority made for one test."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self._subject, self._key.public_key(), timedelta(days=1), ca=True)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, name: str, life: timedelta = timedelta(days=1)) -> bytes:
        """Return key and certificate as one PEM text."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key(), life, ca=False
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return private + certificate.public_bytes(Encoding.PEM)

    def server(self) -> ssl.SSLContext:
        """Return the relay's TLS context: a client certificate of this authority is required."""
        path = self._folder / "server.pem"
        path.write_bytes(self.issue("localhost"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.pem)
        context.load_cert_chain(path)
        return context

    def _sign(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, life: timedelta, *, ca: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        alternative = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + life)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(alternative, critical=False)
            .sign(self._key, hashes.SHA256())
        )


class ServerLink:
    """A server's websocket as the relay double wants it."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def send(self, data: bytes) -> None:
        try:
            await self._connection.send(data)
        except ConnectionClosed as error:
            raise LinkClosed(str(error)) from error

    async def recv(self) -> bytes:
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise LinkClosed(str(error)) from error

    async def close(self, code: int, reason: str) -> None:
        await self._connection.close(code, reason)


class Tunnel:
    """A relay's listener, and an agent's desk that dials it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder, "relay")
        self.arrivals: asyncio.Queue[RelayDouble] = asyncio.Queue()
        self.parts: DeskParts = a_desk(replace(POLICY, days_back=4000, days_ahead=400), RUNTIME)
        self.dialler = Dialler(self.dial, lambda: a_hello(RUNTIME), self.parts.desk, RUNTIME)  # type: ignore[arg-type]
        self.server: Server | None = None
        self.port = 0

    async def listen(self, **options: Any) -> None:
        async def arrived(connection: ServerConnection) -> None:
            self.arrivals.put_nowait(RelayDouble(ServerLink(connection), RUNTIME))
            await connection.wait_closed()

        settings: dict[str, Any] = {"subprotocols": [SUBPROTOCOL], "ssl": self.authority.server()} | options
        self.server = await serve(arrived, "127.0.0.1", self.port, **settings)
        self.port = next(iter(self.server.sockets)).getsockname()[1]

    async def away(self) -> None:
        """Stop listening and cut every connection."""
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()
            self.server = None

    def identity(self, pem: bytes | None = None, authority: Authority | None = None) -> Identity:
        folder = self.folder / "agent"
        folder.mkdir(exist_ok=True)
        enrolled = Enrolled(
            tenant=US.tenant,
            instance=US.instance,
            sysid=US.sysid,
            client=US.client,
            tunnel_url=f"wss://localhost:{self.port}",
            ca_certificate=(authority or self.authority).pem,
            relay_keys={},
        )
        Identity.save(folder, enrolled, pem or self.authority.issue("agent-1"), b"s" * 32)
        return Identity.load(folder)

    async def dial(self) -> Link:
        identity = self.identity()
        return await dial(identity.enrolled.tunnel_url, identity.tls())

    async def relay(self, **welcome: Any) -> RelayDouble:
        """Await the agent and welcome it."""
        relay = await asyncio.wait_for(self.arrivals.get(), 20)
        await relay.greet(**welcome)
        return relay


@pytest.fixture
async def tunnel(tmp_path: Path) -> AsyncIterator[Tunnel]:
    tunnel = Tunnel(tmp_path)
    await tunnel.listen()
    tasks = [asyncio.create_task(tunnel.dialler.run()), asyncio.create_task(tunnel.parts.desk.run())]
    yield tunnel
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await tunnel.parts.desk.close()
    await tunnel.away()


def a_posting(relay: RelayDouble, number: int = 1, **changes: Any) -> CallEnvelope:
    today = RUNTIME.now().strftime("%Y%m%d")
    work = Post(BapiCall("BAPI_ACC_DOCUMENT_POST", document(pstng_date=today)))
    return relay.envelope(**{"work": work, "number": number, **changes})


async def test_a_posting_goes_there_and_its_result_back(tunnel: Tunnel) -> None:
    """Hello, welcome, credit, call, accepted, steps, sealed result, acknowledged."""
    relay = await tunnel.relay()
    grant = await relay.hear(frames.GrantWrites)

    await relay.say(relay.call(a_posting(relay)))
    result = await relay.result()
    await relay.say(frames.Acknowledge(result.envelope_id, result.journal_sequence))

    assert grant.count == 2
    assert (result.outcome, result.object_key) == ("posted", "190000000110002026")
    kinds = [type(message).__name__ for message in relay.heard]
    assert kinds.index("Accepted") < kinds.index("Step") < kinds.index("Result")


def unknown_field(envelope: CallEnvelope) -> bytes:
    return seal("call", msgspec.msgpack.encode(msgspec.to_builtins(envelope) | {"dry_run": True}), RELAY)


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        ("forged", "signature"),
        ("tampered", "signature"),
        ("truncated", "signature"),
        ("unknown field", "malformed"),
        ("expired", "expired"),
        ("too long a life", "lifetime"),
        ("misaddressed", "audience"),
        ("another client", "audience"),
        ("older lease", "fencing"),
        ("function module", "function_module"),
        ("company code", "company_code"),
    ],
)
async def test_what_may_not_be_done_is_refused_by_a_signed_receipt(tunnel: Tunnel, case: str, rule: str) -> None:
    """SAP is not asked, the receipt names the rule, and the session goes on with the next posting."""
    relay = await tunnel.relay()
    await relay.hear(frames.GrantWrites)
    now = RUNTIME.now()
    tunnel.parts.book.fencing_token = 1
    good = a_posting(relay)
    changes: dict[str, dict[str, Any]] = {
        "expired": {"issued_at": now - timedelta(seconds=60), "not_after": now - timedelta(seconds=1)},
        "too long a life": {"not_after": now + timedelta(seconds=901)},
        "misaddressed": {"audience": msgspec.structs.replace(US, instance="agent-2")},
        "another client": {"audience": msgspec.structs.replace(US, client="200")},
        "older lease": {"fencing_token": 0},
        "function module": {"work": Post(BapiCall("RFC_ABAP_INSTALL_AND_RUN", {}))},
        "company code": {"work": Post(BapiCall("BAPI_ACC_DOCUMENT_POST", document(comp_code="2000")))},
    }
    bad = a_posting(relay, **changes.get(case, {}))
    sealed = seal("call", to_bytes(bad), Signer.from_seed(b"stranger".ljust(32)) if case == "forged" else RELAY)
    if case == "tampered":
        sealed = sealed.replace(b"B1-1000123-I", b"B1-1000124-I")
    if case == "truncated":
        sealed = sealed[:-1]
    if case == "unknown field":
        sealed = unknown_field(bad)

    await relay.say(frames.Call(bad.envelope_id, write=True, sealed=sealed))
    receipt = await relay.receipt()
    assert tunnel.parts.executor.begun == []
    await relay.say(relay.call(good))

    assert (receipt.rule, receipt.envelope_id, receipt.instance) == (rule, bad.envelope_id, "agent-1")
    assert (await relay.result()).outcome == "posted"
    assert ("envelope.refused", rule) in [(kind, facts.get("rule")) for kind, _, facts in tunnel.parts.trail.records]


async def test_a_replayed_posting_is_answered_and_a_replayed_read_refused(tunnel: Tunnel) -> None:
    """Nothing is done twice, on this session or the next."""
    relay = await tunnel.relay()
    await relay.hear(frames.GrantWrites)
    posting, read = relay.call(a_posting(relay)), relay.call(relay.envelope(ReadTable("T000", ("MANDT",), max_rows=1)))
    await relay.say(posting, read)
    first = [await relay.hear(frames.Result), await relay.hear(frames.Result)]
    await relay.leave()

    relay = await tunnel.relay()
    await relay.hear(frames.GrantWrites)
    await relay.hear(frames.Result)  # repeated, since nobody acknowledged it
    await relay.say(posting, read)

    assert await relay.hear(frames.Result) in first
    assert (await relay.receipt()).rule == "replay"
    assert sorted(tunnel.parts.executor.begun) == sorted([posting.envelope_id, read.envelope_id])


async def test_it_comes_back_when_the_relay_does(tunnel: Tunnel) -> None:
    """A relay that restarts finds the agent again, with the results it has not acknowledged."""
    relay = await tunnel.relay()
    await relay.hear(frames.GrantWrites)
    await relay.say(relay.call(a_posting(relay)))
    told = await relay.result()
    await tunnel.away()
    await asyncio.sleep(0.3)
    await tunnel.listen()

    relay = await tunnel.relay()

    assert await relay.result() == told


async def test_a_relay_of_another_authority_is_not_talked_to(tunnel: Tunnel, tmp_path: Path) -> None:
    """The one CA of the enrolment, and no public one: an intercepting proxy is named as such."""
    (tmp_path / "x").mkdir()
    identity = tunnel.identity(authority=Authority(tmp_path / "x", "somebody"))

    with pytest.raises(DialFailed, match="is not the relay's"):
        await dial(identity.enrolled.tunnel_url, identity.tls())


@pytest.mark.parametrize("case", ["stranger", "ended", "none"])
async def test_the_relay_refuses_certificates_that_are_not_its_own(tunnel: Tunnel, case: str, tmp_path: Path) -> None:
    """TLS itself sends them away; the agent reports a lost link and dials again."""
    (tmp_path / "x").mkdir()
    stranger = Authority(tmp_path / "x", "somebody").issue("agent-1")
    pem = stranger if case == "stranger" else tunnel.authority.issue("agent-1", timedelta(seconds=-1))
    identity = tunnel.identity(pem)
    context = identity.tls()
    if case == "none":
        context = ssl.create_default_context(cadata=tunnel.authority.pem)

    async def attempt() -> None:
        link = await dial(identity.enrolled.tunnel_url, context)
        await link.recv()

    with pytest.raises((DialFailed, LinkClosed)):
        await asyncio.wait_for(attempt(), 10)


async def test_what_is_no_tunnel_is_named(tunnel: Tunnel) -> None:
    """Nobody there, a web server, or a websocket of another kind."""
    other = Tunnel(tunnel.folder)
    await other.listen(subprotocols=None)
    identity = other.identity()
    with pytest.raises(DialFailed, match=r"does not speak mlconnector\.v1"):
        await dial(identity.enrolled.tunnel_url, identity.tls())
    await other.away()
    with pytest.raises(DialFailed, match="was not reached"):
        await dial(identity.enrolled.tunnel_url, identity.tls())

    def forbidden(connection: ServerConnection, _: Any) -> Any:
        return connection.respond(503, "away")

    await other.listen(process_request=forbidden)
    with pytest.raises(DialFailed, match="status 503"):
        await dial(identity.enrolled.tunnel_url, identity.tls())
    await other.away()


async def test_bytes_and_texts_that_are_no_messages_end_the_session(tunnel: Tunnel) -> None:
    """A session that got nonsense is over; the agent dials anew."""
    relay = await tunnel.relay()
    await relay.wire.send(b"\xc1 nonsense")

    assert (await relay.hear(frames.Close)).reason == "protocol_error"
    await tunnel.relay()
