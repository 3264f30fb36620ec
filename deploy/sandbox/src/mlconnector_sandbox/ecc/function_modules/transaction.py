"""BAPI_TRANSACTION_COMMIT and BAPI_TRANSACTION_ROLLBACK."""

from collections.abc import Callable, Mapping

from ..call import Call
from ..fi.messages import bapi_return

__all__ = ["MODULES"]


def _commit(call: Call) -> None:
    """Commit the LUW; only who waits hears of a failed update, and an empty LUW succeeds."""
    wait = call.value("WAIT") not in {"", " "}
    committed = call.session.commit(wait=wait)
    system = call.system.logical_system(call.session.user.client)
    failure = {} if committed else bapi_return("E", "S&", "101", system=system)
    call.answer["RETURN"] = call.write("RETURN", failure)


def _roll_back(call: Call) -> None:
    call.session.roll_back()
    call.answer["RETURN"] = call.write("RETURN", {})


MODULES: Mapping[str, Callable[[Call], None]] = {
    "BAPI_TRANSACTION_COMMIT": _commit,
    "BAPI_TRANSACTION_ROLLBACK": _roll_back,
}
