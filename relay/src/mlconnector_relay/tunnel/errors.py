"""What can go wrong in the tunnel.

TunnelError
├── LinkClosed          the connection under a session is gone
├── NoCredit            nobody granted credit in time, or too many wait already
├── SessionLost         the session a slot or a read stood on ended
├── CallRefused         the agent's gate said no; carries the rule
├── CallFailed          a read or a simulation ended without its answer; carries the reason
├── UnheardOf           an agent tells of too many postings that nobody knows of
├── RequestInvalid      a signing request or an enrolment that cannot be granted
└── KeyUnusable         a key of the relay is damaged or cannot be read
"""

from typing import Final

from mlconnector_shared.errors import ConnectorError

__all__ = [
    "CallFailed",
    "CallRefused",
    "KeyUnusable",
    "LinkClosed",
    "NoCredit",
    "RequestInvalid",
    "SessionLost",
    "TunnelError",
    "UnheardOf",
]

QUOTED_CHARACTERS: Final = 500
"""A sentence may quote the peer; it never grows beyond this."""


class TunnelError(ConnectorError):
    """Root of the tunnel's errors."""


class LinkClosed(TunnelError):
    """The connection under a session is gone."""

    retryable = True


class NoCredit(TunnelError):
    """No agent granted credit in time, or too many wait for it already."""

    retryable = True


class SessionLost(TunnelError):
    """The session ended before the call was answered; what was sent is in doubt, what was not may be sent again."""

    retryable = True


class CallRefused(TunnelError):
    """The agent's gate refused a read or a simulation; the receipt's signature held.

    Attributes:
        rule: the rule that said no.
    """

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"refused by rule {rule}: {detail[:QUOTED_CHARACTERS]}")
        self.rule = rule


class CallFailed(TunnelError):
    """A read or a simulation ended without its answer.

    Attributes:
        reason: the stable word of the result.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail[:QUOTED_CHARACTERS]}")
        self.reason = reason


class UnheardOf(TunnelError):
    """An agent tells of too many postings that the ledger does not know; no more of them is kept."""


class RequestInvalid(TunnelError):
    """A signing request or an enrolment cannot be granted as it stands."""


class KeyUnusable(TunnelError):
    """A file with a key or a certificate of the relay is damaged, or cannot be read or made; a person restores it."""
