"""Tells people: alert channels through apprise (e-mail, Teams, Slack, webhooks and a hundred others)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import apprise
from mlconnector_shared.errors import ConnectorError

from ..config import AlertSettings
from ..db.alerts import Alert, Severity

__all__ = ["Channel", "ChannelInvalid", "Channels"]

LONGEST_REASON: Final = 300


class ChannelInvalid(ConnectorError):
    """No service takes the address of a channel; the address itself, a secret, is not shown."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What is told where.

    Attributes:
        owners, tenants: whose alerts; all where empty.
        severity: `critical` leaves warnings out.
    """

    name: str
    owners: frozenset[str] = frozenset()
    tenants: frozenset[str] = frozenset()
    severity: Severity = "warning"

    def tells(self, alert: Alert) -> bool:
        """Tell whether an alert is one of this channel's."""
        return (
            (not self.owners or alert.owner in self.owners)
            and (not self.tenants or alert.tenant in self.tenants)
            and (self.severity == "warning" or alert.severity == "critical")
        )


class Channels:
    """The configured channels, each with its service.

    Args:
        channels: each with its apprise address.

    Raises:
        ChannelInvalid: an address fits no service.
    """

    def __init__(self, channels: Sequence[tuple[Channel, str]]) -> None:
        self._services: dict[str, apprise.Apprise] = {}
        self.all: tuple[Channel, ...] = tuple(channel for channel, _ in channels)
        for channel, address in channels:
            service = apprise.Apprise()
            if not service.add(address):
                raise ChannelInvalid(f"channel {channel.name}: no service of apprise takes its address")
            self._services[channel.name] = service

    @classmethod
    def of(cls, settings: AlertSettings) -> "Channels":
        """Return the channels of the settings.

        Raises:
            SettingsInvalid: the file of an address cannot be read.
            ChannelInvalid: an address fits no service.
        """
        made = [
            (Channel(one.name, frozenset(one.owners), frozenset(one.tenants), one.severity), one.address)
            for one in settings.channels
        ]
        return cls(made)

    def services(self) -> Mapping[str, str]:
        """Return each channel's service with its address, secrets blotted out."""
        return {
            name: ", ".join(target.url(privacy=True).partition("?")[0] for target in service)
            for name, service in self._services.items()
        }

    async def tell(self, name: str, title: str, body: str, severity: Severity) -> str:
        """Send one message through a channel.

        Returns:
            Why it was not delivered, empty where it was.
        """
        kind = apprise.NotifyType.FAILURE if severity == "critical" else apprise.NotifyType.WARNING
        with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
            if await self._services[name].async_notify(body=body, title=title, notify_type=kind):
                return ""
            lines = " ".join(said.getvalue().split())
        return lines[:LONGEST_REASON] or "the service did not take it"
