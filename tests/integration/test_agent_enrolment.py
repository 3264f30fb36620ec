"""Enrolment over HTTP against the relay's own handler, and against somebody in between."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from mlconnector_agent.config.loading import load_settings
from mlconnector_agent.config.settings import Settings
from mlconnector_agent.enrolment import EnrolmentFailed, Token, enrol
from mlconnector_agent.identity import Identity
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay.tunnel.enrolment import TOKEN_PREFIX, Enrolment, issue_token
from mlconnector_relay.tunnel.registry import InstanceKey, System

from tests.support.agent import write_settings
from tests.support.landing import Landing

RUNTIME = SystemRuntime()
Meddle = Callable[[dict[str, Any]], dict[str, Any]]


class Office:
    """A public listener that enrols; `meddle` changes its answers on the way."""

    def __init__(self, folder: Path) -> None:
        self.landing = Landing(folder / "relay", RUNTIME)
        self.folder = folder
        self.enrolment = Enrolment(
            self.landing.authority, self.landing.identity, self.landing.registry, RUNTIME, "wss://127.0.0.1:1"
        )
        self.url = ""
        self.meddle: Meddle = lambda answer: answer
        self.answer: Callable[[], web.Response] | None = None

    async def handle(self, request: web.Request) -> web.Response:
        if self.answer:
            return self.answer()
        response = await self.enrolment.handle(request)
        content = json.loads(response.body or b"")  # type: ignore[arg-type]
        return web.json_response(self.meddle(content), status=response.status)

    async def token(self, instance: str = "agent-1", sysid: str = "ECC", life: int = 60) -> str:
        return await issue_token(
            self.landing.registry,
            self.landing.authority,
            RUNTIME,
            url=self.url,
            system=System("acme", sysid, "100"),
            instance=instance,
            life=timedelta(seconds=life),
        )

    def settings(self, **agent: Any) -> Settings:
        return load_settings(write_settings(self.folder / "agent", agent=agent), {})

    async def enrol(self, token: str, **agent: Any) -> None:
        await asyncio.to_thread(enrol, token, self.settings(**agent), RUNTIME)

    async def complaint(self, token: str, **agent: Any) -> str:
        with pytest.raises(EnrolmentFailed) as raised:
            await self.enrol(token, **agent)
        assert not (self.folder / "agent" / "state" / "enrolment.json").exists(), "nothing was written"
        return str(raised.value)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    application = web.Application()
    application.router.add_post("/enrol", office.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    office.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield office
    await runner.cleanup()


async def test_a_token_becomes_an_identity(office: Office) -> None:
    """Keys are made here; what the relay pins and what we pin fit each other."""
    await office.enrol(await office.token())

    identity = Identity.load(office.folder / "agent" / "state")
    known = office.landing.registry.known[InstanceKey("acme", "agent-1")]
    assert identity.enrolled.relay_keys == office.landing.identity.public_keys
    assert known.signing_keys == {identity.signer.key_id: identity.signer.public_bytes}
    assert set(identity.enrolled.trust()) == {office.landing.identity.signer.key_id}


async def test_the_secret_never_travels(office: Office) -> None:
    """Neither in what we send nor in what comes back."""
    token = await office.token()
    bodies: list[bytes] = []
    grant = office.enrolment.grant

    async def listening(body: bytes) -> Any:
        bodies.append(body)
        return await grant(body)

    office.enrolment.grant = listening  # type: ignore[method-assign]
    await office.enrol(token)

    assert bodies
    assert Token.parse(token).secret.encode() not in bodies[0]


async def test_a_token_serves_once(office: Office) -> None:
    """Whoever comes second learns that somebody was first."""
    token = await office.token()
    await office.enrol(token)

    with pytest.raises(EnrolmentFailed, match="used"):
        await office.enrol(token)


@pytest.mark.parametrize(
    "text", ["hello", TOKEN_PREFIX + "%%%", TOKEN_PREFIX + base64.urlsafe_b64encode(b"{}").decode()]
)
async def test_what_is_no_token_is_said_to_be_none(office: Office, text: str) -> None:
    """A token cut in copying is the common case."""
    assert "copy the whole line again" in await office.complaint(text)


async def test_refusals_of_the_relay_are_passed_on(office: Office) -> None:
    """Expired or unknown: its own words."""
    assert "expired" in await office.complaint(await office.token(life=-1))


async def test_settings_and_token_must_agree(office: Office) -> None:
    """Another instance or SAP system than the settings name is a mix-up to be cleared before anything works."""
    assert "[agent] instance" in await office.complaint(await office.token(instance="agent-2"))
    assert "[sap]" in await office.complaint(await office.token(sysid="PRD"))


async def test_production_enrols_over_https_only(office: Office) -> None:
    """Also where the proofs would hold."""
    assert "https" in await office.complaint(await office.token(), environment="production")


@pytest.mark.parametrize(
    ("meddle", "sentence"),
    [
        (lambda a: a | {"tunnel_url": "wss://elsewhere"}, "proof"),
        (lambda a: a | {"relay_keys": {"x": "AAAA"}}, "proof"),
        (lambda a: a | {"certificate": a["ca_certificate"]}, "proof"),
        (lambda a: a | {"instance": "agent-2"}, "answered for acme/agent-2"),
        (lambda a: a | {"tenant": "beta"}, "answered for beta/agent-1"),
        (lambda a: {"certificate": a["certificate"]}, "cannot be read"),
    ],
)
async def test_a_changed_answer_is_refused(office: Office, meddle: Meddle, sentence: str) -> None:
    """Somebody in the middle without the secret can change nothing that counts."""
    office.meddle = meddle

    assert sentence in await office.complaint(await office.token())


@pytest.mark.parametrize("certificate", ["another", "none"])
async def test_another_authority_is_refused_even_with_the_secret(
    office: Office, certificate: str, tmp_path: Path
) -> None:
    """The token names the relay's CA: a relay that answers with another one is not the one that made the token."""
    text = await office.token()
    token = Token.parse(text)
    other = Landing(tmp_path / "other", RUNTIME).authority.certificate_pem if certificate == "another" else "none"

    def meddle(answer: dict[str, Any]) -> dict[str, Any]:
        answer["ca_certificate"] = other
        keys = json.dumps(answer["relay_keys"], sort_keys=True, separators=(",", ":"))
        parts = "\n".join((answer["certificate"], other, keys, answer["tunnel_url"]))
        answer["proof"] = hmac.new(token.key, parts.encode(), hashlib.sha256).hexdigest()
        return answer

    office.meddle = meddle

    assert "CA" in await office.complaint(text)


async def test_something_that_is_no_relay_is_named(office: Office) -> None:
    """A proxy's error page, or nobody at all."""
    office.answer = lambda: web.Response(status=502, text="<html>Bad Gateway</html>")
    assert "status 502" in await office.complaint(await office.token())
    office.answer = lambda: web.Response(text="<html>hello</html>")
    assert "cannot be read" in await office.complaint(await office.token())

    content = msgspec.to_builtins(Token.parse(await office.token())) | {"url": "http://127.0.0.1:1"}
    dead = TOKEN_PREFIX + base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    assert "not reached" in await office.complaint(dead)
