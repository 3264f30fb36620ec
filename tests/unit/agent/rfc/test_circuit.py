"""The logon circuit: one refused logon, then none until a person or a new password."""

from pathlib import Path

import pytest
from mlconnector_agent.rfc.circuit import Circuit
from mlconnector_agent.rfc.errors import Kind, RfcError
from mlconnector_agent.rfc.settings import RfcUser
from mlconnector_agent.runtime import SystemRuntime

USER, OTHER = RfcUser("MLC_RFC1", "first"), RfcUser("MLC_RFC2", "other")
REFUSED = RfcError(Kind.LOGON, "Name or password is incorrect", key="RFC_LOGON_FAILURE")


@pytest.fixture
def circuit(tmp_path: Path) -> Circuit:
    return Circuit(tmp_path, SystemRuntime())


def test_closed_at_first(circuit: Circuit) -> None:
    """Before any refusal logons pass."""
    circuit.check([USER])
    assert circuit.state() is None


def test_open_for_everybody_and_after_a_restart(circuit: Circuit, tmp_path: Path) -> None:
    """After a refusal nobody logs on, whichever user is asked for, also in the next life of the agent."""
    circuit.open(USER, REFUSED)
    for life in (circuit, Circuit(tmp_path, SystemRuntime())):
        with pytest.raises(RfcError, match="incorrect") as caught:
            life.check([OTHER, USER])
        assert caught.value.key == "CIRCUIT_OPEN"


@pytest.mark.parametrize("users", [[RfcUser("MLC_RFC1", "second")], [OTHER]])
def test_a_changed_credential_closes_it(circuit: Circuit, users: list[RfcUser]) -> None:
    """The refused credential is no longer used: a logon may be tried."""
    circuit.open(USER, REFUSED)
    circuit.check(users)
    assert circuit.state() is None


def test_a_person_closes_it(circuit: Circuit) -> None:
    """Closed by hand, logons pass again with the same password."""
    circuit.open(USER, REFUSED)
    circuit.close()
    circuit.check([USER])


def test_the_password_is_not_in_the_file(circuit: Circuit, tmp_path: Path) -> None:
    """Only a salted hash is kept, in a file for the agent alone."""
    circuit.open(USER, REFUSED)
    (file,) = tmp_path.iterdir()
    assert b"first" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_a_damaged_file_keeps_it_open(circuit: Circuit, tmp_path: Path) -> None:
    """What cannot be read forbids logons rather than permitting them."""
    circuit.open(USER, REFUSED)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"{")
    with pytest.raises(RfcError, match="cannot be read"):
        circuit.check([USER])
