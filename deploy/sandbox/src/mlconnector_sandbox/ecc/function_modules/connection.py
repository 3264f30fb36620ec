"""Function modules that test a connection."""

import time
from collections.abc import Callable, Mapping

from ..call import Call

__all__ = ["MODULES", "response_text"]


def response_text(call: Call) -> str:
    """Say which system answers, as the RFC test modules do."""
    system = call.system
    release, user = system.fixture["system"]["release"], call.session.user
    now = time.strftime("Date: %Y%m%d   Time: %H%M%S")
    return f"SAP R/3 Rel. {release}   Sysid: {system.id}      {now}   Logon_Data: {user.client}/{user.name}"


def _ping(call: Call) -> None:
    """Answer."""


def _echo(call: Call) -> None:
    call.answer["ECHOTEXT"] = call.value("REQUTEXT")
    call.answer["RESPTEXT"] = response_text(call)


def _system_info(call: Call) -> None:
    system = call.system.fixture["system"]
    call.answer["RFCSI_EXPORT"] = call.write(
        "RFCSI_EXPORT",
        {
            "RFCPROTO": "011",
            "RFCCHARTYP": "4103",
            "RFCINTTYP": "LIT",
            "RFCFLOTYP": "IE3",
            "RFCDEST": f"{system['host']}_{system['id']}_00",
            "RFCHOST": system["host"][:8],
            "RFCSYSID": system["id"],
            "RFCDATABS": system["id"],
            "RFCDBHOST": system["host"],
            "RFCDBSYS": "SANDBOX",
            "RFCSAPRL": system["release"],
            "RFCMACH": "  390",
            "RFCOPSYS": "Linux",
            "RFCTZONE": str(-time.timezone),
            "RFCIPADDR": "127.0.0.1",
            "RFCKERNRL": "721",
            "RFCHOST2": system["host"],
            "RFCIPV6ADDR": "::1",
        },
    )
    call.answer |= {"CURRENT_RESOURCES": 10, "MAXIMAL_RESOURCES": 10, "RECOMMENDED_DELAY": 0}


MODULES: Mapping[str, Callable[[Call], None]] = {
    "RFC_PING": _ping,
    "RFCPING": _ping,
    "STFC_CONNECTION": _echo,
    "RFC_SYSTEM_INFO": _system_info,
}
