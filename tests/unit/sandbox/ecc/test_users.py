"""Logons, locks and authorisations."""

import pytest

from tests.support.ecc import Ecc, a_document, codes, find
from tests.support.rfc_wire import WireError


def refused(ecc: Ecc, **logon: str) -> str:
    """Try to log on and give the text of the refusal."""
    with pytest.raises(WireError) as error:
        ecc.connect(**logon)
    assert (error.value.code, error.value.group, error.value.key) == (2, 3, "RFC_LOGON_FAILURE")
    return str(error.value.message)


@pytest.mark.parametrize(
    ("logon", "text"),
    [
        ({"passwd": "wrong"}, "Name or password is incorrect (repeat logon)"),
        ({"user": "NOBODY"}, "Name or password is incorrect (repeat logon)"),
        ({"client": "999"}, "Client 999 is not available in this system"),
    ],
)
def test_a_wrong_logon_is_refused(ecc: Ecc, logon: dict[str, str], text: str) -> None:
    """The answer does not tell a wrong name from a wrong password."""
    assert refused(ecc, **logon) == text


def test_five_wrong_passwords_lock_the_user(ecc: Ecc) -> None:
    """The right one does not help any more, and other users are not concerned."""
    for _ in range(5):
        refused(ecc, passwd="wrong")

    assert refused(ecc) == "Password logon no longer possible - too many failed attempts"
    ecc.connect(user="MLC_RFC1")
    assert ecc.system.users.attempts == {("MLC_RFC", "refused"): 6, ("MLC_RFC1", "accepted"): 1}


def test_a_right_password_starts_the_count_again(ecc: Ecc) -> None:
    """Only consecutive failures count."""
    for _ in range(4):
        refused(ecc, passwd="wrong")
    ecc.connect()
    for _ in range(4):
        refused(ecc, passwd="wrong")

    ecc.connect()


def test_an_administrator_locks_unlocks_and_changes_passwords(ecc: Ecc) -> None:
    """A lock by hand has its own text."""
    assert ecc.system.users.lock("100", "MLC_RFC", locked=True)
    assert refused(ecc) == "User is locked. Please notify the person responsible"
    assert ecc.system.users.lock("100", "MLC_RFC", locked=False)
    assert ecc.system.users.set_password("100", "MLC_RFC", "changed")
    ecc.connect(passwd="changed")
    assert not ecc.system.users.lock("100", "NOBODY", locked=True)
    assert not ecc.system.users.set_password("100", "NOBODY", "x")


def test_authorisations_limit_posting_and_reading(ecc: Ecc) -> None:
    """A user may post in its company codes and read its tables only."""
    client = ecc.connect(user="MLC_DEMO")

    assert codes(client.call("BAPI_ACC_DOCUMENT_POST", **a_document())) == ["RW 609", "F5 083"]
    assert find(client, "X") == []
    with pytest.raises(WireError) as error:
        client.call("RFC_READ_TABLE", QUERY_TABLE="KNA1")
    assert error.value.key == "NOT_AUTHORIZED"


def test_another_client_is_another_world(ecc: Ecc) -> None:
    """A read pool on the wrong client finds nothing of what was posted."""
    client, elsewhere = ecc.connect(), ecc.connect(client="200")
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("CLIENT"))
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert len(find(client, "CLIENT")) == 1
    assert find(elsewhere, "CLIENT") == []
    assert codes(elsewhere.call("BAPI_ACC_DOCUMENT_POST", **a_document())) == ["RW 609", "F5 001", "F5 002"]
