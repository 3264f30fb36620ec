"""The tables of alerts: what a person should know, and who was told; kept like those of `tables`."""

from typing import Final

from sqlalchemy import BigInteger, Integer, Table, Text

from .columns import key, maybe, metadata, of, tenant
from .types import Moment

__all__ = ["alert_deliveries", "alerts"]

alerts: Final = Table(
    "alerts",
    metadata,
    tenant(),
    key("key", Text, "what it is about; one alert per key"),
    of("kind", Text, "stable name of the kind of alert"),
    of("severity", Text, "warning or critical"),
    of("owner", Text, "who takes the next step"),
    of("sentence", Text, "what is the matter and what to do"),
    of("count", BigInteger, "how often it was raised since it was opened"),
    of("opened_at", Moment, "when it was opened, again if it had been closed"),
    of("refreshed_at", Moment, "when it was last raised"),
    maybe("acknowledged_at", Moment, "when a person took it on"),
    of("acknowledged_by", Text, "who took it on"),
    maybe("closed_at", Moment, "when its cause was cured"),
    comment="what a person should know, once per cause",
)

alert_deliveries: Final = Table(
    "alert_deliveries",
    metadata,
    tenant(),
    key("key", Text, "the alert"),
    key("channel", Text, "the channel it is told through"),
    of("opened_at", Moment, "which opening of the alert is told"),
    of("state", Text, "due, sent or failed"),
    of("attempts", Integer, "tries so far"),
    of("due_at", Moment, "the next try; while one runs, when it counts as lost"),
    of("error", Text, "why the last try failed"),
    comment="which alert was told through which channel",
)
