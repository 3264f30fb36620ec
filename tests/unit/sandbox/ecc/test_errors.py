"""Errors as the RFC library reports them."""

from mlconnector_sandbox.ecc.errors import (
    RfcError,
    abap_exception,
    communication_failure,
    logon_failure,
    message,
    short_dump,
)


def test_only_abap_exceptions_leave_the_session_alive() -> None:
    """After anything else a commit would go to another session."""
    others = [
        message("F5", "A", "001", "x"),
        short_dump("TIME_OUT", "x"),
        logon_failure("x"),
        communication_failure("x"),
    ]

    assert not abap_exception("X").ends_session
    assert all(error.ends_session for error in others)


def test_at_most_four_variables_travel() -> None:
    """A message has no more."""
    error = RfcError(5, 1, "K", "text", "SV", "E", "029", "1", "2", "3", "4", "5")

    assert [error.wire.get(f"v{i}") for i in range(1, 6)] == ["1", "2", "3", "4", None]
