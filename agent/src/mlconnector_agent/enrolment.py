"""Enrolment: a one-time token against this agent's identity, over the relay's public listener.

The token's secret never travels. We prove that we hold it over what we send, the relay over what it answers, and the
relay's CA must be the one whose fingerprint the token carries: nobody in between can take part, whatever TLS
they break.
"""

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer

from .config.settings import Settings
from .identity import ClientKey, Enrolled, Identity, NotEnrolled, signing_seed

__all__ = ["EnrolmentFailed", "Token", "enrol"]

TOKEN_PREFIX: Final = "mlc1-enrol."  # noqa: S105 - a prefix, no secret
TIMEOUT_SECONDS: Final = 30.0
MAX_ANSWER_BYTES: Final = 64 * 1024


class EnrolmentFailed(ConnectorError):
    """No identity was obtained; the sentence says what to do."""


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an enrolment token carries."""

    url: str
    ca: str
    id: str
    secret: str
    tenant: str
    instance: str

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Read a token as the relay prints it.

        Raises:
            EnrolmentFailed: it is none, or a part of one.
        """
        if not text.startswith(TOKEN_PREFIX):
            raise EnrolmentFailed(f"an enrolment token begins with {TOKEN_PREFIX}; copy the whole line again")
        try:
            body = text.removeprefix(TOKEN_PREFIX).strip()
            return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=cls)
        except (ValueError, msgspec.DecodeError) as error:
            raise EnrolmentFailed(f"the enrolment token is damaged ({error}); copy the whole line again") from error

    @property
    def key(self) -> bytes:
        """Return the HMAC key both sides derive from the secret."""
        return hashlib.sha256(b"mlconnector enrolment" + self.secret.encode()).digest()


class _Answer(msgspec.Struct, frozen=True):
    certificate: str
    ca_certificate: str
    relay_keys: dict[str, str]
    tunnel_url: str
    tenant: str
    instance: str
    sysid: str
    client: str
    proof: str


class _Refusal(msgspec.Struct, frozen=True):
    error: str
    detail: str = ""


def enrol(text: str, settings: Settings, runtime: Runtime) -> Enrolled:
    """Exchange a token for an identity and write it to the state folder.

    Raises:
        EnrolmentFailed: the token, the relay or its answer does not fit; nothing was written.
    """
    token = Token.parse(text)
    _check_token(token, settings)
    state_dir = settings.agent.state_dir
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, seed = ClientKey(), signing_seed(state_dir, runtime)
    request = key.request(token.instance, token.tenant)
    signing_key = base64.b64encode(Signer.from_seed(seed).public_bytes).decode()
    body = {
        "token_id": token.id,
        "instance": token.instance,
        "csr": request,
        "signing_key": signing_key,
        "proof": _proof(token.key, token.id, token.instance, request, signing_key),
    }
    answer = _answer_of(_post(token.url.rstrip("/") + "/enrol", json.dumps(body).encode()))
    _check_answer(token, answer, settings)
    enrolled = msgspec.convert({name: getattr(answer, name) for name in Enrolled.__struct_fields__}, Enrolled)
    try:
        Identity.save(state_dir, enrolled, key.with_certificate(answer.certificate), seed)
    except (NotEnrolled, ValueError, OSError) as error:
        raise EnrolmentFailed(f"the identity could not be written to {state_dir}: {error}") from error
    return enrolled


def _check_token(token: Token, settings: Settings) -> None:
    if token.instance != settings.agent.instance:
        raise EnrolmentFailed(
            f"the token is for instance {token.instance!r}, [agent] instance is {settings.agent.instance!r}; "
            "change one of them"
        )
    scheme = urlsplit(token.url).scheme
    if scheme not in {"https", "http"} or (settings.is_production and scheme != "https"):
        raise EnrolmentFailed(f"the token leads to {token.url}; production enrols over https only")


def _check_answer(token: Token, answer: _Answer, settings: Settings) -> None:
    keys = json.dumps(answer.relay_keys, sort_keys=True, separators=(",", ":"))
    expected = _proof(token.key, answer.certificate, answer.ca_certificate, keys, answer.tunnel_url)
    if not hmac.compare_digest(expected.encode(), answer.proof.encode()):
        raise EnrolmentFailed("the answer does not come from the relay that made this token: its proof does not hold")
    try:
        authority = x509.load_pem_x509_certificate(answer.ca_certificate.encode())
    except ValueError as error:
        raise EnrolmentFailed(f"the relay's CA certificate cannot be read: {error}") from error
    if hashlib.sha256(authority.public_bytes(Encoding.DER)).hexdigest() != token.ca:
        raise EnrolmentFailed("the relay's CA is not the one the token names; somebody may sit in between")
    if (answer.tenant, answer.instance) != (token.tenant, token.instance):
        raise EnrolmentFailed(f"the relay answered for {answer.tenant}/{answer.instance}, not for the token's agent")
    if (answer.sysid, answer.client) != (settings.sap.sysid, settings.sap.client):
        raise EnrolmentFailed(
            f"the token is for SAP system {answer.sysid} client {answer.client}, the settings name "
            f"{settings.sap.sysid} {settings.sap.client}; change [sap] or ask for another token"
        )
    if settings.is_production and urlsplit(answer.tunnel_url).scheme != "wss":
        raise EnrolmentFailed(f"the relay's tunnel is {answer.tunnel_url}; production dials wss only")


def _proof(key: bytes, *parts: str) -> str:
    return hmac.new(key, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def _post(url: str, body: bytes) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked with the token
        url, data=body, method="POST", headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            content: bytes = response.read(MAX_ANSWER_BYTES)
            return content
    except urllib.error.HTTPError as error:
        with error:
            raise EnrolmentFailed(_refusal(url, error.code, error.read(MAX_ANSWER_BYTES))) from error
    except (urllib.error.URLError, OSError) as error:
        raise EnrolmentFailed(f"{url} was not reached: {error}; check DNS, proxy and firewall") from error


def _refusal(url: str, status: int, content: bytes) -> str:
    try:
        refusal = msgspec.json.decode(content, type=_Refusal)
    except msgspec.DecodeError:
        return f"{url} answered with status {status}; is this the relay, or something in between?"
    return f"the relay refused ({refusal.error}): {refusal.detail}"


def _answer_of(content: bytes) -> _Answer:
    try:
        return msgspec.json.decode(content, type=_Answer)
    except msgspec.DecodeError as error:
        raise EnrolmentFailed(f"the relay's answer cannot be read: {error}") from error
