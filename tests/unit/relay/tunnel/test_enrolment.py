"""Enrolment: a token works once, in time, for its instance, and only for who holds its secret."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from mlconnector_relay.tunnel.authority import peer_of
from mlconnector_relay.tunnel.enrolment import TOKEN_PREFIX, Enrolment, Refusal, issue_token
from mlconnector_relay.tunnel.registry import InstanceKey, System
from mlconnector_shared.signing import Signer

from tests.support.landing import SYSTEM, Keys, Landing, make_csr
from tests.support.virtual import VirtualRuntime, virtual

KEY = InstanceKey("acme", "agent-1")
SIGNER = Signer.from_seed(b"s" * 32)
CSR = make_csr()


class Office:
    """An enrolment and a token for it."""

    def __init__(self, folder: Path) -> None:
        self.landing = Landing(folder, VirtualRuntime())
        landing = self.landing
        self.enrolment = Enrolment(
            landing.authority, landing.identity, landing.registry, landing.runtime, "wss://relay.example:8443"
        )
        self.token: dict[str, str] = {}
        self.text = ""

    async def issue(self, instance: str = "agent-1") -> None:
        landing = self.landing
        self.text = await issue_token(
            landing.registry,
            landing.authority,
            landing.runtime,
            url="https://relay.example",
            system=System(*SYSTEM),
            instance=instance,
        )
        self.token = json.loads(base64.urlsafe_b64decode(self.text.removeprefix(TOKEN_PREFIX)))

    @property
    def key(self) -> bytes:
        return hashlib.sha256(b"mlconnector enrolment" + self.token["secret"].encode()).digest()

    def request(self, keys: Keys = CSR, **changed: str) -> dict[str, str]:
        fields = {
            "token_id": self.token["id"],
            "instance": self.token["instance"],
            "csr": keys.csr,
            "signing_key": base64.b64encode(SIGNER.public_bytes).decode(),
        } | changed
        signed = "\n".join(fields[name] for name in ("token_id", "instance", "csr", "signing_key"))
        return {"proof": hmac.new(self.key, signed.encode(), hashlib.sha256).hexdigest()} | fields

    async def grant(self, request: dict[str, Any] | bytes) -> Any:
        return await self.enrolment.grant(request if isinstance(request, bytes) else json.dumps(request).encode())


@virtual
async def test_a_token_says_where_and_whom_to_trust(tmp_path: Path) -> None:
    """Its secret is fresh, and the records keep only what is derived from it."""
    office = Office(tmp_path)
    await office.issue()
    first = office.token
    await office.issue()

    assert (first["url"], first["tenant"], first["instance"]) == ("https://relay.example", "acme", "agent-1")
    der = x509.load_pem_x509_certificate(office.landing.authority.certificate_pem.encode()).public_bytes(Encoding.DER)
    assert first["ca"] == hashlib.sha256(der).hexdigest()
    assert len(base64.urlsafe_b64decode(first["secret"] + "=")) == 32
    assert first["secret"] != office.token["secret"]
    assert first["secret"] not in repr(office.landing.registry.tokens)


@virtual
async def test_an_enrolment_answers_with_everything_an_agent_needs(tmp_path: Path) -> None:
    """And proves over it that the relay, too, knows the secret."""
    office = Office(tmp_path)
    await office.issue()

    answer = await office.grant(office.request())

    keys = json.dumps(answer["relay_keys"], sort_keys=True, separators=(",", ":"))
    signed = "\n".join([answer["certificate"], answer["ca_certificate"], keys, answer["tunnel_url"]])
    assert answer["proof"] == hmac.new(office.key, signed.encode(), hashlib.sha256).hexdigest()
    assert (answer["tunnel_url"], answer["tenant"], answer["instance"]) == ("wss://relay.example:8443", *KEY)
    assert (answer["sysid"], answer["client"]) == ("ECC", "100")
    certificate = x509.load_pem_x509_certificate(answer["certificate"].encode())
    peer = peer_of(certificate.public_bytes(Encoding.DER))
    agent = office.landing.registry.known[KEY]
    assert peer.key == KEY
    assert agent.certificates == {peer.fingerprint}
    assert agent.signing_keys == {SIGNER.key_id: SIGNER.public_bytes}


@virtual
async def test_a_token_works_once(tmp_path: Path) -> None:
    """The second use is refused and points at the first."""
    office = Office(tmp_path)
    await office.issue()
    assert isinstance(await office.grant(office.request()), dict)

    again = await office.grant(office.request(make_csr()))

    assert (again.status, again.error) == (403, "used")
    assert len(office.landing.registry.known[KEY].certificates) == 1


@virtual
async def test_a_token_redeemed_elsewhere_meanwhile_is_refused(tmp_path: Path) -> None:
    """Two requests at once: the records decide, one gets the certificate."""
    office = Office(tmp_path)
    await office.issue()

    async def used_already(*_: object) -> bool:
        return False

    office.landing.registry.redeem = used_already  # type: ignore[method-assign]

    assert (await office.grant(office.request())).error == "used"


@virtual
async def test_a_token_dies(tmp_path: Path) -> None:
    """After fifteen minutes; a second before it still works."""
    office = Office(tmp_path)
    await office.issue()
    await office.landing.runtime.sleep(899)
    assert isinstance(await office.grant(office.request()), dict)
    await office.issue()
    await office.landing.runtime.sleep(900)

    late = await office.grant(office.request())

    assert (late.status, late.error) == (403, "expired")


@pytest.mark.parametrize(
    "change",
    [
        {"token_id": "another"},
        {"proof": "0" * 64},
        {"proof": ""},
        {"proof": "prüf"},
        {"csr": make_csr().csr},
        {"signing_key": base64.b64encode(b"m" * 32).decode()},
        {"instance": "agent-2"},
    ],
    ids=["unknown token", "wrong proof", "no proof", "odd proof", "other csr", "other signing key", "other instance"],
)
@virtual
async def test_without_the_secret_nothing_is_granted_or_told(tmp_path: Path, change: dict[str, str]) -> None:
    """Whatever was changed on the way, or made up: one answer, and the token stays unused."""
    office = Office(tmp_path)
    await office.issue()

    refused = await office.grant(office.request() | change)

    assert (refused.status, refused.error) == (403, "not_accepted")
    assert isinstance(await office.grant(office.request()), dict)


@virtual
async def test_no_key_proves_a_token_that_never_was(tmp_path: Path) -> None:
    """Also not the key of zeros that stands in for it, so that unknown tokens take as long as known ones."""
    office = Office(tmp_path)
    await office.issue()
    request = office.request(token_id="another")
    signed = "\n".join(request[name] for name in ("token_id", "instance", "csr", "signing_key"))
    request["proof"] = hmac.new(bytes(32), signed.encode(), hashlib.sha256).hexdigest()

    assert (await office.grant(request)).error == "not_accepted"


@virtual
async def test_used_and_expired_are_told_only_to_who_knows_the_secret(tmp_path: Path) -> None:
    """A stranger learns nothing about tokens."""
    office = Office(tmp_path)
    await office.issue()
    await office.grant(office.request())

    assert (await office.grant(office.request() | {"proof": "0" * 64})).error == "not_accepted"


@virtual
async def test_a_token_enrols_its_instance_only(tmp_path: Path) -> None:
    """Also with a proof that holds."""
    office = Office(tmp_path)
    await office.issue()

    refused = await office.grant(office.request(instance="agent-9"))

    assert (refused.status, refused.error) == (403, "wrong_instance")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"[]", "malformed"),
        (b'{"token_id": "t"}', "malformed"),
        (b"[" * 10_000, "malformed"),
        (b'{"token_id":"\\ud800","instance":"i","csr":"c","signing_key":"k","proof":"p"}', "malformed"),
        (b'{"token_id":"\\u0000","instance":"i","csr":"c","signing_key":"k","proof":"p"}', "malformed"),
    ],
)
@virtual
async def test_what_cannot_be_read_is_refused(tmp_path: Path, body: bytes, error: str) -> None:
    """Whatever the public listener is sent."""
    refused = await Office(tmp_path).grant(body)

    assert isinstance(refused, Refusal)
    assert (refused.status, refused.error) == (400, error)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"signing_key": "not base64!"}, "malformed"),
        ({"signing_key": base64.b64encode(b"short").decode()}, "malformed"),
        ({"extra": "field"}, "malformed"),
        ({"csr": "no request"}, "csr_invalid"),
    ],
)
@virtual
async def test_fields_that_do_not_fit_are_named(tmp_path: Path, change: dict[str, str], error: str) -> None:
    """The token stays unused: the person can try again."""
    office = Office(tmp_path)
    await office.issue()

    refused = await office.grant(office.request(**change))

    assert (refused.status, refused.error) == (400, error)
    assert isinstance(await office.grant(office.request()), dict)


@virtual
async def test_an_agent_enrols_anew(tmp_path: Path) -> None:
    """Another token, another certificate and key beside the old ones: results signed before still hold."""
    office = Office(tmp_path)
    await office.issue()
    await office.grant(office.request())
    await office.issue()
    await office.grant(
        office.request(make_csr(), signing_key=base64.b64encode(Signer.from_seed(b"2" * 32).public_bytes).decode())
    )

    agent = office.landing.registry.known[KEY]
    assert (len(agent.certificates), len(agent.signing_keys)) == (2, 2)


def test_the_life_of_a_token_is_short() -> None:
    """Fifteen minutes, unless somebody decides otherwise."""
    from mlconnector_relay.tunnel.enrolment import TOKEN_LIFE

    assert timedelta(minutes=15) == TOKEN_LIFE
