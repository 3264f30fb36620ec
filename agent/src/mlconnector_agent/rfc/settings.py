"""What the RFC pool needs to know; filled by the agent's configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["RfcSettings", "RfcUser"]


@dataclass(frozen=True, slots=True)
class RfcUser:
    """A SAP user of type System and its password.

    Attributes:
        user: name of the SAP user, upper case.
        password: empty where SNC logs on.
    """

    user: str
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RfcSettings:
    """Where SAP is, who logs on, and how many connections of each purpose are kept.

    Attributes:
        destination: connection parameters of the RFC library but client, lang, user and passwd: ashost and sysnr, or
            mshost and group, saprouter, snc_*.
        client: the SAP client, three digits.
        sysid: the SAP system id; a connection that reaches another system or client is closed at once.
        users: SAP users; write slot n logs on as user n, counted round where there are fewer users than slots. One
            user for each write slot lets a stuck update request implicate one posting.
        state_dir: where the logon circuit and the lock of the child processes live.
        lang: logon language; messages are matched by class and number, never by text.
        sdk_home: folder of SAP's NW RFC SDK; the library's own search where empty.
        write_connections: postings that may run at once.
        read_connections: look-ups, simulations and table reads that may run at once.
        logon_timeout_seconds: a logon that takes longer is killed.
        idle_ping_seconds: a connection idle for longer is pinged before use; firewalls cut idle ones.
        reopen_after_seconds: a connection older than this is replaced before its next use.
    """

    destination: Mapping[str, str]
    client: str
    sysid: str
    users: tuple[RfcUser, ...]
    state_dir: Path
    lang: str = "EN"
    sdk_home: str = ""
    write_connections: int = 2
    read_connections: int = 2
    logon_timeout_seconds: float = 60.0
    idle_ping_seconds: float = 60.0
    reopen_after_seconds: float = 1800.0
