"""Enrolment: a one-time token against the agent's first certificate, over the public listener.

Token: `mlc1-enrol.` and, in base64url, JSON of url, ca (SHA-256 of the authority's certificate), id, secret, tenant and
instance. Both sides derive the HMAC key K = SHA-256("mlconnector enrolment" + secret as ASCII); the secret itself never
travels. The agent proves that it has it over what it sends, the relay over what it answers, so that neither a stranger
nor somebody in the middle can take part, whatever TLS the public listener has.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec
import structlog
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from mlconnector_shared.bounds import Identifier, Name
from mlconnector_shared.errors import UNREADABLE, ConnectorError
from mlconnector_shared.runtime import Runtime

from .. import metrics
from ..bodies import BodyRefused, read_body
from .authority import Authority
from .errors import RequestInvalid
from .identity import Identity
from .registry import AgentRegistry, EnrolmentToken, InstanceKey, System

__all__ = ["TOKEN_LIFE", "TOKEN_PREFIX", "Enrolment", "issue_token", "proof", "secret_key"]

_log = structlog.get_logger(__name__)

TOKEN_PREFIX: Final = "mlc1-enrol."  # noqa: S105  a prefix, no secret
TOKEN_LIFE: Final = timedelta(minutes=15)
MAX_REQUEST_BYTES: Final = 16 * 1024
"""A signing request takes about 600 bytes."""

TOO_LARGE: Final = 413
SECRET_BYTES: Final = 32
SIGNING_KEY_BYTES: Final = 32


def secret_key(secret: str) -> bytes:
    """Return the HMAC key both sides derive from a token's secret."""
    return hashlib.sha256(b"mlconnector enrolment" + secret.encode()).digest()


def proof(key: bytes, *parts: str) -> str:
    """Return the HMAC-SHA256 over the parts, joined by line feeds, in hexadecimal."""
    return hmac.new(key, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


async def issue_token(
    registry: AgentRegistry,
    authority: Authority,
    runtime: Runtime,
    *,
    url: str,
    system: System,
    instance: str,
    life: timedelta = TOKEN_LIFE,
) -> str:
    """Make a token for one instance and return its text; it is shown once and cannot be read back."""
    secret = base64.urlsafe_b64encode(runtime.token(SECRET_BYTES)).decode().rstrip("=")
    token = EnrolmentToken(
        token_id=runtime.new_id(),
        agent=InstanceKey(system.tenant, instance),
        sysid=system.sysid,
        client=system.client,
        key=secret_key(secret),
        expires_at=runtime.now() + life,
    )
    await registry.offer(token, runtime.now())
    content = {
        "url": url,
        "ca": authority.fingerprint,
        "id": token.token_id,
        "secret": secret,
        "tenant": system.tenant,
        "instance": instance,
    }
    return TOKEN_PREFIX + base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent sends to enrol."""

    token_id: Identifier
    instance: Name
    csr: str
    signing_key: str
    proof: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an enrolment was not granted."""

    status: int
    error: str
    detail: str


class Enrolment:
    """Grants enrolments.

    Args:
        authority: signs the certificates.
        identity: the keys agents pin.
        registry: tokens and agents.
        runtime: the clock.
        tunnel_url: where the agent shall dial.
    """

    def __init__(
        self, authority: Authority, identity: Identity, registry: AgentRegistry, runtime: Runtime, tunnel_url: str
    ) -> None:
        self._authority = authority
        self._identity = identity
        self._registry = registry
        self._runtime = runtime
        self._tunnel_url = tunnel_url

    def register(self, application: web.Application) -> None:
        """Add `POST /enrol` to the public listener."""
        application.router.add_post("/enrol", self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request: 200 with the certificate, 400 where it cannot be read, 403 where it may not enrol.

        503 where nothing can be recorded now; the token stays as it is.
        """
        try:
            answer = await self.grant(await read_body(request, self._runtime, MAX_REQUEST_BYTES))
        except BodyRefused as error:
            answer = Refusal(400, "too_large" if error.status == TOO_LARGE else "malformed", error.reason)
        except ConnectorError as error:
            _log.error("enrolment.failed", error=str(error), remote=request.remote)
            answer = Refusal(503, "unavailable", "the relay cannot enrol now; try again in a minute")
        if isinstance(answer, Refusal):
            metrics.enrolments.labels(answer.error).inc()
            _log.warning("enrolment.refused", error=answer.error, detail=answer.detail, remote=request.remote)
            return web.json_response({"error": answer.error, "detail": answer.detail}, status=answer.status)
        metrics.enrolments.labels("granted").inc()
        return web.json_response(answer)

    async def grant(self, body: bytes) -> dict[str, object] | Refusal:
        """Decide one request; a token is used up only together with its certificate."""
        try:
            request = msgspec.json.decode(body, type=Request)
            signing_key = _signing_key(request.signing_key)
        except (*UNREADABLE, RequestInvalid) as error:
            return Refusal(400, "malformed", str(error))
        token = await self._registry.token(request.token_id)
        refusal = self._check(request, token)
        if token is None or refusal:
            return refusal or _FORGED
        try:
            issued = self._authority.issue_client(request.csr, token.agent)
        except RequestInvalid as error:
            return Refusal(400, "csr_invalid", str(error))
        now = self._runtime.now()
        if not await self._registry.redeem(token, issued, signing_key, now):
            return _USED
        _log.info(
            "enrolment.granted",
            tenant=token.agent.tenant,
            instance=token.agent.instance,
            fingerprint=issued.fingerprint,
            not_after=issued.not_after.isoformat(),
        )
        return self._answer(token, issued.pem)

    def _check(self, request: Request, token: EnrolmentToken | None) -> Refusal | None:
        # Only who knows the secret learns more than "no": the proof comes before used and expired.
        key = token.key if token else bytes(32)
        expected = proof(key, request.token_id, request.instance, request.csr, request.signing_key)
        if not hmac.compare_digest(expected.encode(), request.proof.encode()) or token is None:
            return _FORGED
        if request.instance != token.agent.instance:
            return Refusal(403, "wrong_instance", f"this token is for instance {token.agent.instance}")
        if token.used_at is not None:
            return _USED
        if self._runtime.now() >= token.expires_at:
            return Refusal(
                403, "expired", f"the token expired at {token.expires_at:%Y-%m-%d %H:%M} UTC; make a new one"
            )
        return None

    def _answer(self, token: EnrolmentToken, certificate: str) -> dict[str, object]:
        keys = self._identity.public_keys
        canonical = json.dumps(keys, sort_keys=True, separators=(",", ":"))
        authority = self._authority.certificate_pem
        return {
            "certificate": certificate,
            "ca_certificate": authority,
            "relay_keys": keys,
            "tunnel_url": self._tunnel_url,
            "tenant": token.agent.tenant,
            "instance": token.agent.instance,
            "sysid": token.sysid,
            "client": token.client,
            "proof": proof(token.key, certificate, authority, canonical, self._tunnel_url),
        }


_FORGED: Final = Refusal(403, "not_accepted", "no such token, or the proof does not hold; copy the token again")
_USED: Final = Refusal(403, "used", "the token was used before; make a new one, and find out who used it")


def _signing_key(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestInvalid(f"signing_key is not base64: {error}") from error
    if len(raw) != SIGNING_KEY_BYTES:
        raise RequestInvalid(f"signing_key has {len(raw)} bytes, an Ed25519 key has {SIGNING_KEY_BYTES}")
    Ed25519PublicKey.from_public_bytes(raw)
    return raw
