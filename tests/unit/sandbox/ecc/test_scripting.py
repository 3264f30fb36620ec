"""What scripted effects do to a session."""

from typing import Any

import pytest
from mlconnector_sandbox.ecc.errors import Drop, RfcError
from mlconnector_sandbox.ecc.points import Effect
from mlconnector_sandbox.ecc.scripting import perform

from tests.support.ecc import Ecc
from tests.support.rfc_wire import WireClient, WireError


@pytest.mark.parametrize("action", ["continue", "return", "abort"])
def test_some_effects_are_for_others_to_carry_out(action: str) -> None:
    """The function module and the update task get them back."""
    assert perform(Effect(action)) == Effect(action)


def test_nothing_scripted_is_no_effect() -> None:
    """Most calls meet nothing."""
    assert perform(None) is None


@pytest.mark.parametrize(
    ("action", "details", "wire"),
    [
        ("dump", {}, {"code": 3, "group": 2, "key": "TIME_OUT", "message": "Time limit exceeded."}),
        ("dump", {"key": "RFC_NO_AUTHORITY", "text": "no"}, {"code": 3, "key": "RFC_NO_AUTHORITY", "message": "no"}),
        ("message", {}, {"code": 4, "group": 2, "type": "A", "class": "00", "number": "341"}),
        ("message", {"type": "X"}, {"code": 4, "key": "MESSAGE_TYPE_X"}),
        (
            "message",
            {"class": "F5", "number": "353", "text": "locked", "variables": ["4711"]},
            {"code": 4, "key": "locked", "class": "F5", "number": "353", "v1": "4711"},
        ),
        (
            "exception",
            {"key": "NOT_AUTHORIZED"},
            {"code": 5, "group": 1, "key": "NOT_AUTHORIZED", "message": " Number:000"},
        ),
        (
            "exception",
            {"key": "X", "class": "SV", "type": "E", "number": "029", "variables": ["BKPF"]},
            {"message": "ID:SV Type:E Number:029 BKPF"},
        ),
        ("logon_failure", {}, {"code": 2, "group": 3, "key": "RFC_LOGON_FAILURE"}),
        ("logon_failure", {"text": "User is locked."}, {"message": "User is locked."}),
        ("communication_failure", {}, {"code": 1, "group": 4, "message": "max no of 100 conversations exceeded"}),
    ],
)
def test_errors_look_as_the_rfc_library_reports_them(
    action: str, details: dict[str, Any], wire: dict[str, Any]
) -> None:
    """Code, group, key and message of each kind of failure."""
    with pytest.raises(RfcError) as error:
        perform(Effect(action, details))

    assert {name: error.value.wire[name] for name in wire} == wire


def test_a_dropped_connection_is_no_answer() -> None:
    """The session just ends."""
    with pytest.raises(Drop):
        perform(Effect("drop"))


@pytest.mark.parametrize(("action", "code"), [("logon_failure", 2), ("communication_failure", 1)])
def test_a_logon_can_be_refused_by_script(ecc: Ecc, action: str, code: int) -> None:
    """At the point `open`, for one user."""
    ecc.system.points.add(point="open", action=action, user="MLC_RFC")
    ecc.connect(user="MLC_RFC1")

    with pytest.raises(WireError) as error:
        ecc.connect()
    assert error.value.code == code
    ecc.connect()


def test_a_scripted_answer_names_parameters_of_the_function_module(ecc: Ecc, client: WireClient) -> None:
    """A typing error in a script is a short dump that says so."""
    ecc.system.points.add(point="called", action="return", details={"OBJ_KEI": "$"})

    with pytest.raises(WireError, match="BAPI_TRANSACTION_COMMIT has no parameter OBJ_KEI"):
        client.call("BAPI_TRANSACTION_COMMIT")
