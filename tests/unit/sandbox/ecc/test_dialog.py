"""The dialogue with an RFC client: logon, metadata, errors, the end."""

import socket
import threading

import pytest
from mlconnector_sandbox.ecc.dialog import serve

from tests.support.ecc import Ecc, a_document, find, until
from tests.support.rfc_wire import WireClient, WireError


def test_a_logon_answers_repository_and_attributes(ecc: Ecc) -> None:
    """The attributes name system, client and user, so that production and sandbox cannot be mixed up."""
    client = ecc.connect(user="mlc_rfc1", lang="DE")

    assert client.repository == ecc.system.catalogue.repository
    assert [client.attributes[k] for k in ("sysId", "client", "user", "language")] == ["ECC", "100", "MLC_RFC1", "D"]


def test_metadata_describes_function_modules_and_structures(client: WireClient) -> None:
    """`func` and `type` answer what the RFC library needs."""
    types, parameters, _ = client.request("func", "BAPI_TRANSACTION_COMMIT")
    ((structure,),) = client.request("type", "BAPIRET2")

    assert [p[0] for p in parameters] == ["WAIT", "RETURN"]
    assert types == [structure]


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        (("func", "BAPI_NOWHERE"), "FU_NOT_FOUND"),
        (("func", "BAPI_CUSTOMER_CHANGE"), "FU_NOT_FOUND"),
        (("call", "BAPI_NOWHERE", {}, []), "FU_NOT_FOUND"),
        (("type", "NOWHERE"), "NOT_FOUND"),
    ],
)
def test_unknown_names_leave_the_session_alive(client: WireClient, request_: tuple[object, ...], key: str) -> None:
    """An ABAP exception does not end the session."""
    with pytest.raises(WireError) as error:
        client.request(*request_)

    assert (error.value.code, error.value.group, error.value.key) == (5, 1, key)
    assert client.request("ping") == []


@pytest.mark.parametrize(
    ("function", "key"),
    [
        ("BAPI_CUSTOMER_CREATE", "DYNPRO_SEND_IN_BACKGROUND"),
        ("FI_DOCUMENT_CHANGE", "CALL_FUNCTION_NOT_REMOTE"),
        ("BAPI_MATERIAL_AVAILABILITY", "SANDBOX_NOT_IMPLEMENTED"),
    ],
)
def test_a_module_that_cannot_be_called_dumps(client: WireClient, function: str, key: str) -> None:
    """The dump says why, and the session is over."""
    with pytest.raises(WireError) as error:
        client.call(function)

    assert (error.value.code, error.value.group, error.value.key) == (3, 2, key)
    with pytest.raises((ConnectionError, OSError)):
        client.request("ping")


def test_reset_rolls_back(ecc: Ecc, client: WireClient) -> None:
    """A reset session stays, what it had posted is gone."""
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("RESET"))
    client.request("reset")
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert find(client, "RESET") == []
    assert ecc.system.ranges.leases() == []


def test_close_ends_the_session(ecc: Ecc, client: WireClient) -> None:
    """The library says close and leaves."""
    client.send("close")

    until(lambda: not ecc.sessions.all())


def test_who_has_not_logged_on_gets_no_answer(ecc: Ecc) -> None:
    """The first request has to be a logon."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(ecc.system, ecc.sessions, theirs))
    thread.start()
    ours.sendall(b"\0\0\0\x06\x91\xa4ping")

    assert ours.recv(1) == b""
    thread.join(5)
    ours.close()


def test_a_fault_of_the_simulator_is_a_short_dump(client: WireClient, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever sends nonsense learns what broke, and the reason stands in the simulator's log."""
    with pytest.raises(WireError) as error:
        client.request("call", "RFC_READ_TABLE", {"QUERY_TABLE": 5}, [])

    assert error.value.key in {"RAISE_SHORTDUMP", "TABLE_NOT_AVAILABLE"}
    with pytest.raises(WireError) as error:
        client.request("call", "RFC_READ_TABLE", {"QUERY_TABLE": "BKPF", "FIELDS": 7}, [])
    assert error.value.key == "RAISE_SHORTDUMP"
    assert "TypeError" in capsys.readouterr().err
