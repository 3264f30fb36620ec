"""Tells every opening of an alert once through each of its channels; what fails is tried again, not for ever.

Alerts that opened since the last round go out as one message per channel and tenant, so that a bad morning is a list
and no flood. A channel that fails is an alert itself, which the other channels tell.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime, backoff
from prometheus_client import Counter

from ..db import alert_deliveries, stores
from ..db import alerts as alert_rows
from ..db.alerts import Alert, Severity
from ..db.engine import Database, Transaction
from .alerts import Alerts
from .channels import Channel

__all__ = ["Notifier", "Teller", "message_of"]

_log = structlog.get_logger(__name__)
_told = Counter("mlconnector_alerts_told_total", "Messages about alerts, by channel and result", ["channel", "result"])

EVERY_SECONDS: Final = 10.0
FIRST_PAUSE_SECONDS: Final = 30.0
LONGEST_PAUSE_SECONDS: Final = 900.0

MOST_ATTEMPTS: Final = 30
"""About six hours; then the channel's own alert is all that is left."""

TELLING: Final = timedelta(minutes=5)
"""How long a message may take before another relay takes it for lost."""

MOST_LISTED: Final = 20


class Teller(Protocol):
    """What can send messages."""

    @property
    def all(self) -> Sequence[Channel]:
        """Return the channels."""

    async def tell(self, name: str, title: str, body: str, severity: Severity) -> str:
        """Send a message; return why it was not delivered, or nothing."""


class Notifier:
    """The loop that tells.

    Args:
        database: alerts, and which of them were told.
        alerts: opens and closes those about channels.
        channels: where they are told.
        runtime: clocks and jitter.
    """

    def __init__(self, database: Database, alerts: Alerts, channels: Teller, runtime: Runtime) -> None:
        self._database = database
        self._alerts = alerts
        self._channels = channels
        self._runtime = runtime

    async def run(self) -> None:
        """Tell for ever; without channels there is nothing to tell."""
        while True:
            if self._channels.all:
                try:
                    await self.once()
                except ConnectorError as error:
                    _log.warning("alerts.not_told", error=str(error))
            await self._runtime.sleep(EVERY_SECONDS)

    async def once(self) -> None:
        """Tell what is open and was not told.

        Raises:
            DatabaseError: what was told in this round may be told again.
        """
        async with self._database.read() as tx:
            tenants = [one.tenant for one in await stores.all_tenants(tx)]
            found = {tenant: await alert_rows.find(tx, tenant) for tenant in tenants}
        for tenant, open_ in found.items():
            for channel in self._channels.all:
                await self._tell(tenant, channel, [alert for alert in open_ if channel.tells(alert)])

    async def _tell(self, tenant: str, channel: Channel, alerts: list[Alert]) -> None:
        now = self._runtime.now()
        # A channel does not report its own failure through itself.
        others = [alert for alert in alerts if alert.key != _key(channel)]
        taken = await self._database.write(
            lambda tx: alert_deliveries.claim(tx, tenant, channel.name, others, now, now + TELLING)
        )
        if not taken:
            return
        title, body, severity = message_of(tenant, [alert for alert, _ in taken])
        why = await self._channels.tell(channel.name, title, body, severity)
        _told.labels(channel.name, "failed" if why else "sent").inc()
        if why:
            _log.warning("alerts.channel_failed", tenant=tenant, channel=channel.name, error=why)
        else:
            _log.info("alerts.told", tenant=tenant, channel=channel.name, alerts=len(taken))
        await self._database.write(lambda tx: self._note(tx, tenant, channel, taken, why))

    async def _note(
        self, tx: Transaction, tenant: str, channel: Channel, taken: Sequence[tuple[Alert, int]], why: str
    ) -> None:
        now = self._runtime.now()
        if not why:
            await alert_deliveries.sent(tx, tenant, channel.name, [alert.key for alert, _ in taken])
            await self._alerts.close(tx, tenant, _key(channel), now)
            return
        for alert, attempts in taken:
            pause = backoff(attempts, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, self._runtime.random())
            again, given_up = now + timedelta(seconds=pause), attempts >= MOST_ATTEMPTS
            await alert_deliveries.failed(tx, tenant, channel.name, alert.key, why, again, given_up=given_up)
        sentence = f"alerts cannot be told through {channel.name}: {why}; mend it, then `alerts test {channel.name}`"
        await self._alerts.open(tx, tenant, _key(channel), sentence, "relay", now)


def message_of(tenant: str, alerts: Sequence[Alert]) -> tuple[str, str, Severity]:
    """Return title, text and severity of a message about alerts, the critical ones first. Pure."""
    ranked = sorted(alerts, key=lambda alert: (alert.severity != "critical", alert.opened_at))
    severity: Severity = ranked[0].severity
    by_owner: dict[str, int] = defaultdict(int)
    for alert in ranked:
        by_owner[alert.owner] += 1
    owners = ", ".join(f"{count} for {owner}" for owner, count in sorted(by_owner.items()))
    lines = [
        f"{alert.severity}, {alert.owner}: {alert.sentence} [{alert.key}, since {alert.opened_at:%Y-%m-%d %H:%M} UTC]"
        for alert in ranked[:MOST_LISTED]
    ]
    if len(ranked) > MOST_LISTED:
        lines.append(f"and {len(ranked) - MOST_LISTED} more: mlconnector-relay alerts list --tenant {tenant}")
    return f"ml-connector {tenant}: {owners}", "\n".join(lines), severity


def _key(channel: Channel) -> str:
    return f"channel:{channel.name}"
