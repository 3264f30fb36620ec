"""Z_MLC_DOCUMENT_CHANGE in its LUW."""

from typing import Any

from tests.support.ecc import Ecc, a_document, codes, until
from tests.support.rfc_wire import WireClient

BLOCKED = [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004711", "DUNN_BLOCK": "B"}]


def post(client: WireClient) -> dict[str, str]:
    """Post an invoice with a dunning block; give the key of its customer item."""
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document("SHIP", ACCOUNTRECEIVABLE=BLOCKED))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return {"I_BUKRS": key[10:14], "I_BELNR": key[:10], "I_GJAHR": key[14:], "I_BUZEI": "001"}


def change(client: WireClient, item: dict[str, str], field: str, value: str, **more: str) -> dict[str, Any]:
    """Change a field without committing."""
    wanted = [{"FDNAME": field, "NEWVAL": value}]
    return client.call("Z_MLC_DOCUMENT_CHANGE", **item, **more, T_ACCCHG=wanted)


def block(client: WireClient) -> str:
    """Read the dunning block as the agent does."""
    fields = [{"FIELDNAME": "MANSP"}]
    return str(client.call("RFC_READ_TABLE", QUERY_TABLE="BSID", FIELDS=fields)["DATA"][0]["WA"]).strip()


def test_a_block_is_released_with_the_commit(ecc: Ecc, client: WireClient) -> None:
    """Not before; the answer names the item."""
    item, reader = post(client), ecc.connect()
    answer = change(client, item, "MANSP", "")
    assert codes(answer) == ["ZMLC 000"]
    assert answer["RETURN"][0]["MESSAGE"] == f"Document 1000 1800000000 {item['I_GJAHR']} item 001 is changed"
    assert block(reader) == "B"
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert block(reader) == ""
    assert codes(change(client, item, "MANSP", "")) == ["ZMLC 000"]  # once more changes nothing
    assert client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["TYPE"] == ""


def test_a_test_run_changes_and_locks_nothing(ecc: Ecc, client: WireClient) -> None:
    """It says what a real one would."""
    item = post(client)
    assert codes(change(client, item, "MANSP", "", I_TESTRUN="X")) == ["ZMLC 001"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert block(client) == "B"
    assert codes(change(ecc.connect(), item, "MANSP", "")) == ["ZMLC 000"]


def test_errors_name_the_row_of_the_change(client: WireClient) -> None:
    """Type E, with parameter, row and field."""
    answer = change(client, post(client), "WRBTR", "0.01")
    row = answer["RETURN"][0]

    assert (row["TYPE"], row["ID"], row["NUMBER"]) == ("E", "ZMLC", "011")
    assert (row["PARAMETER"], row["ROW"], row["FIELD"]) == ("T_ACCCHG", 1, "FDNAME")


def test_an_item_in_work_is_refused_until_the_other_ends(ecc: Ecc, client: WireClient) -> None:
    """A lock, like that of FB02."""
    item, other = post(client), ecc.connect(user="MLC_RFC1")
    change(other, item, "MANSP", "")
    refused = change(client, item, "SGTXT", "x")
    assert codes(refused) == ["ZMLC 014"]
    assert refused["RETURN"][0]["MESSAGE_V2"] == "MLC_RFC1"
    other.close()

    until(lambda: codes(change(client, item, "SGTXT", "x")) == ["ZMLC 000"])


def test_a_change_is_an_update_like_a_posting(ecc: Ecc, client: WireClient) -> None:
    """It aborts, it is found by the document's reference, and it can be repeated."""
    item = post(client)
    ecc.system.points.add(point="update.visible", action="abort", reference="SHIP")
    change(client, item, "MANSP", "")

    assert client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["NUMBER"] == "101"
    assert block(client) == "B"
    (request, _) = ecc.system.books.requests()[0]
    assert ecc.system.updates.repeat(request["VBKEY"])
    until(lambda: block(client) == "")
