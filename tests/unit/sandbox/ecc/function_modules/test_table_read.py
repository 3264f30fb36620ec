"""RFC_READ_TABLE."""

import pytest

from tests.support.ecc import Ecc, a_document
from tests.support.rfc_wire import WireClient, WireError


def read(client: WireClient, table: str, *fields: str, where: str = "", **parameters: object) -> list[str]:
    """Read a table and give its lines."""
    answer = client.call(
        "RFC_READ_TABLE",
        QUERY_TABLE=table,
        FIELDS=[{"FIELDNAME": f} for f in fields],
        OPTIONS=[{"TEXT": where}] if where else [],
        **parameters,
    )
    return [row["WA"] for row in answer["DATA"]]


def test_fields_come_back_with_their_places(client: WireClient) -> None:
    """OFFSET, LENGTH and TYPE say how to cut a line."""
    answer = client.call(
        "RFC_READ_TABLE", QUERY_TABLE="T001", DELIMITER="|", FIELDS=[{"FIELDNAME": "BUKRS"}, {"FIELDNAME": "WAERS"}]
    )

    assert [(f["FIELDNAME"], f["OFFSET"], f["LENGTH"], f["TYPE"]) for f in answer["FIELDS"]] == [
        ("BUKRS", "000000", "000004", "C"),
        ("WAERS", "000005", "000005", "C"),
    ]
    assert [row["WA"] for row in answer["DATA"]] == ["1000|EUR", "2000|USD", "3000|JPY", "4000|KWD"]


def test_without_fields_all_columns_come(client: WireClient) -> None:
    """The whole row, in the order of the dictionary."""
    assert read(client, "TCURX", where="CURRKEY = 'JPY'") == ["JPY   0"]


def test_rows_can_be_skipped_and_counted(client: WireClient) -> None:
    """ROWSKIPS and ROWCOUNT page; NO_DATA gives the description only."""
    assert read(client, "T001", "BUKRS", ROWSKIPS=1, ROWCOUNT=2) == ["2000", "3000"]
    assert read(client, "T001", "BUKRS", ROWSKIPS=3) == ["4000"]
    assert read(client, "T001", "BUKRS", NO_DATA="X") == []


def test_documents_can_be_found_by_account_and_amount(client: WireClient) -> None:
    """BSID joins line and header; amounts compare as numbers."""
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("READ-1"))
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    where = "BUKRS = '1000' AND KUNNR = '0000004711' AND WRBTR >= '119.00'"
    assert read(client, "BSID", "XBLNR", "ZUONR", where=where, DELIMITER="|") == ["READ-1          |BC1-1000123"]
    assert read(client, "BSID", "XBLNR", where=where.replace(">=", ">")) == []
    assert read(client, "BSIS", "HKONT", "KOSTL", DELIMITER="|") == ["0000800000|0000004100", "0000175000|"]
    assert read(client, "BSAD", "BELNR") == []
    assert read(client, "BSET", "MWSKZ", "FWSTE", DELIMITER="|") == ["A1|       19.00"]


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"QUERY_TABLE": "T008X"}, "TABLE_NOT_AVAILABLE"),
        ({"QUERY_TABLE": "BSEG"}, "TABLE_NOT_AVAILABLE"),
        ({"QUERY_TABLE": "BKPF", "FIELDS": [{"FIELDNAME": "NOWHERE"}]}, "FIELD_NOT_VALID"),
        ({"QUERY_TABLE": "T000", "OPTIONS": [{"TEXT": "MANDT='100'"}]}, "OPTION_NOT_VALID"),
        ({"QUERY_TABLE": "ADDRESSES"}, "TABLE_NOT_AVAILABLE"),
        ({"QUERY_TABLE": "ZMLC_BULK", "OPTIONS": [{"TEXT": "F01 = 'x'"}]}, "OPTION_NOT_VALID"),
        ({"QUERY_TABLE": "sandbox_user"}, "TABLE_NOT_AVAILABLE"),
    ],
)
def test_what_cannot_be_read_is_an_exception(client: WireClient, parameters: dict[str, object], key: str) -> None:
    """The session lives on, and the exception says which."""
    with pytest.raises(WireError) as error:
        client.call("RFC_READ_TABLE", **parameters)

    assert (error.value.key, error.value.code) == (key, 5)
    client.call("RFC_PING")


def test_a_row_has_at_most_512_characters(client: WireClient) -> None:
    """Delimiters count."""
    fields = [{"FIELDNAME": f"F{n:02d}"} for n in range(1, 39)]
    wide = [
        {"FIELDNAME": "MATNR"},
        *fields,
        {"FIELDNAME": "F01"},
        {"FIELDNAME": "F02"},
        {"FIELDNAME": "F03"},
        {"FIELDNAME": "F04"},
    ]

    client.call("RFC_READ_TABLE", QUERY_TABLE="ZMLC_BULK", FIELDS=wide, ROWCOUNT=1)
    with pytest.raises(WireError) as error:
        client.call("RFC_READ_TABLE", QUERY_TABLE="ZMLC_BULK", FIELDS=wide, ROWCOUNT=1, DELIMITER="|")
    assert error.value.key == "DATA_BUFFER_EXCEEDED"


def test_the_bulk_table_is_paged_by_key(ecc: Ecc) -> None:
    """Ranges of MATNR give every row exactly once."""
    ecc.system.options.size_bulk_table(2500)
    client = ecc.connect()
    keys: list[str] = []
    while page := read(client, "ZMLC_BULK", "MATNR", where=f"MATNR > '{keys[-1] if keys else ''}'", ROWCOUNT=1000):
        keys += page

    assert [int(key) for key in keys] == list(range(1, 2501))
