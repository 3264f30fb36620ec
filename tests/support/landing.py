"""A relay's tunnel assembled for tests: over memory links on any loop, or over TLS on loopback."""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mlconnector_relay.tunnel.authority import Authority, Peer
from mlconnector_relay.tunnel.conversation import Ending
from mlconnector_relay.tunnel.dispatch import Dispatcher
from mlconnector_relay.tunnel.endpoint import Endpoint
from mlconnector_relay.tunnel.errors import LinkClosed
from mlconnector_relay.tunnel.identity import Identity
from mlconnector_relay.tunnel.leases import Leases
from mlconnector_relay.tunnel.reception import Reception
from mlconnector_relay.tunnel.registry import InstanceKey
from mlconnector_relay.tunnel.sessions import Sessions
from mlconnector_relay.tunnel.watch import Watch
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Audience, CallEnvelope, Post
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer, public_from_bytes
from mlconnector_shared.version import SUBPROTOCOL
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from .tunnel import AgentDouble, MemoryRegistry, RecordingSink, memory_links

__all__ = ["Keys", "Landing", "WebsocketWire", "make_csr"]

TENANT = "acme"
SYSTEM = ("acme", "ECC", "100")


class Landing:
    """Everything of the tunnel but its listener, over a registry in memory."""

    def __init__(self, state_dir: Path, runtime: Runtime) -> None:
        self.runtime = runtime
        self.registry = MemoryRegistry()
        self.sink = RecordingSink()
        self.authority = Authority.load(state_dir, runtime)
        self.identity = Identity.load(state_dir, runtime)
        self.sessions = Sessions()
        self.leases = Leases(self.registry, self.sessions, runtime)
        self.dispatcher = Dispatcher(self.sessions, self.leases, self.identity, runtime)
        self.reception = Reception(self.registry, self.sessions, self.leases, self.sink, runtime, "relay-1")
        self.endpoint = Endpoint(self.authority, self.registry, self.sessions, self.reception, self.sink, runtime)
        self.watch = Watch(self.registry, self.sessions, self.leases, self.sink, runtime)
        self.trust = {self.identity.signer.key_id: public_from_bytes(self.identity.signer.public_bytes)}
        self.watching: asyncio.Task[None] | None = None
        self.endings: dict[AgentDouble, asyncio.Task[Ending]] = {}

    def enrol(self, instance: str) -> None:
        """Enrol an instance with a certificate and a key derived from its name."""
        self.registry.enrol(InstanceKey(TENANT, instance), signer_of(instance), f"certificate of {instance}")

    def agent(
        self, instance: str, /, *, runtime: Runtime | None = None, capacity: int = 0, **hello: Any
    ) -> AgentDouble:
        """Dial in over memory; nothing was said yet."""
        here, there = memory_links(capacity)
        key = InstanceKey(TENANT, instance)
        agent = AgentDouble(there, key, signer_of(instance), runtime or self.runtime, **hello)
        peer = Peer(key, f"certificate of {instance}")
        self.endings[agent] = asyncio.create_task(self.endpoint.serve(here, peer))
        return agent

    async def connected(self, instance: str, /, writes: int = 0, **hello: Any) -> AgentDouble:
        """Dial in, be welcomed and grant write credit."""
        agent = self.agent(instance, **hello)
        await agent.connect()
        if writes:
            await agent.grant(writes)
        await self.runtime.sleep(0.1)
        return agent

    def envelope(self, slot_instance: str, token: int, number: int = 1) -> CallEnvelope:
        """Return a posting for an instance."""
        now = self.runtime.now()
        posting = f"acme/abc123/{number}/invoice/1/1"
        return CallEnvelope(
            envelope_id=f"{posting}#1",
            posting_id=posting,
            audience=Audience(TENANT, slot_instance, "ECC", "100"),
            issued_at=now,
            not_after=now,
            fencing_token=token,
            work=Post(BapiCall("BAPI_ACC_DOCUMENT_POST", {})),
        )

    async def post(self, number: int = 1, **choice: Any) -> CallEnvelope:
        """Acquire a slot and send one posting."""
        slot = await self.dispatcher.acquire(*SYSTEM, **choice)
        envelope = self.envelope(slot.instance, slot.fencing_token, number)
        await self.dispatcher.send(slot, envelope)
        return envelope


def signer_of(instance: str) -> Signer:
    """Return the signing key of a test instance."""
    return Signer.from_seed(instance.encode().ljust(32, b"."))


@dataclass(frozen=True)
class Keys:
    """A TLS key with its signing request."""

    private: ec.EllipticCurvePrivateKey
    csr: str

    def context(self, folder: Path, certificate: str, authority: str) -> ssl.SSLContext:
        """Return the client's TLS context with this certificate, trusting one authority."""
        path = folder / f"{id(self)}.pem"
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(pem + certificate.encode())
        context = ssl.create_default_context(cadata=authority)
        context.load_cert_chain(path)
        return context


def make_csr(name: str = "anything") -> Keys:
    """Make a TLS key and its signing request; the relay writes the subject itself."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(private, hashes.SHA256())
    return Keys(private, csr.public_bytes(Encoding.PEM).decode())


class WebsocketWire:
    """A client websocket as the agent double wants it."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    @classmethod
    async def dial(cls, port: int, context: ssl.SSLContext | None) -> "WebsocketWire":
        """Dial the tunnel on loopback."""
        connection = await connect(
            f"wss://127.0.0.1:{port}/",
            ssl=context,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            compression=None,
            max_size=None,
            proxy=None,
        )
        return cls(connection)

    async def send(self, data: bytes) -> None:
        try:
            await self.connection.send(data)
        except ConnectionClosed as error:
            raise LinkClosed(str(error)) from error

    async def recv(self) -> bytes:
        try:
            return await self.connection.recv(decode=False)
        except ConnectionClosed as error:
            raise LinkClosed(str(error)) from error

    async def close(self, code: int, reason: str) -> None:
        await self.connection.close(code, reason)
