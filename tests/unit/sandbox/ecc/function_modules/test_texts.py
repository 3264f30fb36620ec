"""RFC_SAVE_TEXT."""

import pytest

from tests.support.ecc import Ecc
from tests.support.rfc_wire import WireClient, WireError

NAME = "100018000000002026"


def line(text: str, **changes: str) -> dict[str, str]:
    """Give a row of TEXT_LINES."""
    return {
        "TDOBJECT": "BELEG",
        "TDNAME": NAME,
        "TDID": "0001",
        "TDSPRAS": "D",
        "TDFORMAT": "*",
        "TDLINE": text,
        **changes,
    }


def test_texts_are_saved_at_once_and_by_their_keys(ecc: Ecc, client: WireClient) -> None:
    """No commit is needed, no rollback takes them back; the language is the session's if none is given."""
    rows = [line("DHL 1"), line("DHL 2"), line("item", TDOBJECT="DOC_ITEM", TDNAME=NAME + "001", TDSPRAS="")]
    client.call("RFC_SAVE_TEXT", TEXT_LINES=rows)
    client.call("BAPI_TRANSACTION_ROLLBACK")
    found = {(row["TDOBJECT"], row["TDSPRAS"]): row["lines"] for row in ecc.system.texts.find("100")}

    assert found == {("BELEG", "D"): [["*", "DHL 1"], ["*", "DHL 2"]], ("DOC_ITEM", "E"): [["*", "item"]]}


def test_the_header_of_a_text_can_be_read(client: WireClient) -> None:
    """STXH says that it is there; the lines are not in a table that could be read."""
    client.call("RFC_SAVE_TEXT", TEXT_LINES=[line("DHL 1")])
    fields = [{"FIELDNAME": "TDLUSER"}, {"FIELDNAME": "TDTXTLINES"}]
    options = [{"TEXT": f"TDOBJECT = 'BELEG' AND TDNAME = '{NAME}'"}]
    answer = client.call("RFC_READ_TABLE", QUERY_TABLE="STXH", FIELDS=fields, OPTIONS=options)

    assert answer["DATA"][0]["WA"].split() == ["MLC_RFC", "1"]


def test_an_unknown_id_ends_the_session(client: WireClient) -> None:
    """The module raises an error message that nobody handles."""
    with pytest.raises(WireError, match="Text ID 9999 is not defined for text object BELEG"):
        client.call("RFC_SAVE_TEXT", TEXT_LINES=[line("x", TDID="9999")])
