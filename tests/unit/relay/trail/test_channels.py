"""Channels tell through apprise's services; their addresses are secrets."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from mlconnector_relay.config import AlertSettings
from mlconnector_relay.db.alerts import Alert
from mlconnector_relay.trail.channels import Channel, ChannelInvalid, Channels
from pydantic import SecretStr

from tests.support.relay_state import NOW


class Service:
    """A webhook that remembers what it was told, and may refuse it."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.status = 200
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        self.said.append(await request.json())
        return web.Response(status=self.status)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    application = web.Application()
    application.router.add_post("/hook", made.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


def an_alert(**changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "tenant": "acme",
        "key": "tax:a",
        "kind": "tax",
        "severity": "warning",
        "owner": "finance",
        "sentence": "map it",
        "count": 1,
        "opened_at": NOW,
        "refreshed_at": NOW,
        "acknowledged_at": None,
        "acknowledged_by": "",
        "closed_at": None,
    }
    return Alert(**fields | changes)


async def test_a_message_reaches_its_service(service: Service) -> None:
    """Title, text and weight, over real HTTP."""
    channels = Channels([(Channel("hook"), f"json://127.0.0.1:{service.port}/hook")])

    assert await channels.tell("hook", "two alerts", "line 1\nline 2", "critical") == ""
    [said] = service.said
    assert (said["title"], said["message"], said["type"]) == ("two alerts", "line 1\nline 2", "failure")


async def test_a_service_that_refuses_or_is_away_says_why(service: Service) -> None:
    """For the alert about the channel."""
    port = service.port
    channels = Channels([(Channel("hook"), f"json://127.0.0.1:{port}/hook"), (Channel("gone"), "json://127.0.0.1:9/")])
    service.status = 503

    assert "503" in await channels.tell("hook", "t", "b", "warning")
    assert "connection error" in (await channels.tell("gone", "t", "b", "warning")).lower()


def test_secrets_are_blotted_out() -> None:
    """In lists, and where no service takes the address."""
    channels = Channels([(Channel("mail"), "mailtos://user:geheim@mail.example.com?to=finance@example.com")])
    assert "geheim" not in channels.services()["mail"]
    with pytest.raises(ChannelInvalid, match="channel mail: no service") as caught:
        Channels([(Channel("mail"), "geheim://x")])
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (Channel("all"), [True, True, True]),
        (Channel("basis", owners=frozenset({"basis"})), [False, True, False]),
        (Channel("other", tenants=frozenset({"globex"})), [False, False, True]),
        (Channel("night", severity="critical"), [False, True, False]),
    ],
)
def test_a_channel_tells_whom_it_is_for(channel: Channel, told: list[bool]) -> None:
    """By owner, tenant and severity; by none where it names none."""
    alerts = [an_alert(), an_alert(owner="basis", severity="critical"), an_alert(tenant="globex")]
    assert [channel.tells(alert) for alert in alerts] == told


def test_channels_are_those_of_the_settings(tmp_path: Path) -> None:
    """With the address from its file."""
    (tmp_path / "url").write_text("json://127.0.0.1:9/\n")
    described = [
        {"name": "a", "url": SecretStr("json://127.0.0.1:9/"), "owners": ("finance",), "severity": "critical"},
        {"name": "b", "url_file": tmp_path / "url", "tenants": ("acme",)},
    ]
    channels = Channels.of(AlertSettings.model_validate({"channels": described}))

    assert channels.all == (
        Channel("a", owners=frozenset({"finance"}), severity="critical"),
        Channel("b", tenants=frozenset({"acme"})),
    )
