"""What SAP's answers mean."""

from typing import Any

import pytest
from mlconnector_agent.luw.verdict import Posted, Rejected, commit_complaint, may_retry, read_post
from mlconnector_agent.rfc.errors import Kind, RfcError

KEY = "180000000010002026"


def _row(kind: str, message: str, **more: Any) -> dict[str, Any]:
    identity, number = message.split()
    return {"TYPE": kind, "ID": identity, "NUMBER": number, "MESSAGE": f"text {number}", **more}


SUCCESS = _row("S", "RW 605", MESSAGE_V2=KEY)
GENERIC = _row("E", "RW 609")
CAUSE = _row("E", "F5 102", MESSAGE_V1="4711")


def test_only_rw_605_with_a_key_is_a_document() -> None:
    """Warnings beside it change nothing."""
    answer = {"OBJ_KEY": KEY, "RETURN": [_row("W", "F5 999"), SUCCESS]}
    verdict = read_post(answer)
    assert isinstance(verdict, Posted)
    assert verdict.object_key == KEY


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        (KEY, []),
        ("$", [SUCCESS]),
        ("", [SUCCESS]),
        ("0000", [SUCCESS]),
        (KEY, [_row("S", "RW 614")]),
        (KEY, [SUCCESS, CAUSE]),
        (KEY, [SUCCESS, _row("A", "F5 001")]),
        ("$", [GENERIC, CAUSE, {**CAUSE, "PARAMETER": "ACCOUNTRECEIVABLE", "ROW": 1}]),
    ],
)
def test_anything_else_is_no_document(key: str, rows: list[dict[str, Any]]) -> None:
    """An error row, no success row or no key: rolled back."""
    assert isinstance(read_post({"OBJ_KEY": key, "RETURN": rows}), Rejected)


def test_the_cause_is_the_first_error_that_says_something() -> None:
    """RW 609 says nothing; details come twice and are told once, with their place."""
    verdict = read_post(
        {"OBJ_KEY": "$", "RETURN": [GENERIC, CAUSE, {**CAUSE, "PARAMETER": "ACCOUNTRECEIVABLE", "ROW": 1}]}
    )
    assert isinstance(verdict, Rejected)
    assert verdict.sentence == "F5 102: text 102"
    assert [message.parameter for message in verdict.messages] == ["", "ACCOUNTRECEIVABLE"]
    assert not verdict.is_passing


def test_a_lock_is_passing() -> None:
    """Somebody has the account open: the same document may be accepted in a moment."""
    verdict = read_post({"OBJ_KEY": "$", "RETURN": [GENERIC, _row("E", "F5 353")]})
    assert isinstance(verdict, Rejected)
    assert verdict.is_passing


@pytest.mark.parametrize(
    ("answer", "complains"),
    [
        ({"RETURN": {"TYPE": "", "ID": "", "NUMBER": "000", "MESSAGE": ""}}, False),
        ({}, False),
        ({"RETURN": _row("E", "S& 101")}, True),
        ({"RETURN": _row("W", "S& 102")}, True),
    ],
)
def test_only_an_empty_return_of_commit_is_final(answer: dict[str, Any], *, complains: bool) -> None:
    """Whatever COMMIT says besides nothing puts the posting in doubt."""
    assert bool(commit_complaint(answer)) is complains


@pytest.mark.parametrize(
    ("kind", "key", "retry"),
    [
        (Kind.COMMUNICATION, "", True),
        (Kind.TIMEOUT, "", True),
        (Kind.CHILD_DIED, "", True),
        (Kind.ABAP_RUNTIME, "TIME_OUT", True),
        (Kind.ABAP_RUNTIME, "RFC_NO_AUTHORITY", False),
        (Kind.APPLICATION, "FU_NOT_FOUND", False),
        (Kind.LOGON, "", False),
        (Kind.LIBRARY, "SDK_MISSING", False),
    ],
)
def test_which_failures_pass_by_themselves(kind: Kind, key: str, *, retry: bool) -> None:
    """What somebody has to repair is not worth repeating."""
    assert may_retry(RfcError(kind, "", key=key)) is retry
