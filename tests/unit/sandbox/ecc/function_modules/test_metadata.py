"""Function modules that describe function modules and structures."""

import pytest

from tests.support.rfc_wire import WireClient, WireError


def test_an_interface_lists_parameters_and_exceptions(client: WireClient) -> None:
    """Class, type, length and optionality of each parameter; exceptions have class X."""
    answer = client.call("RFC_GET_FUNCTION_INTERFACE", FUNCNAME="RFC_READ_TABLE")
    rows = {row["PARAMETER"]: row for row in answer["PARAMS"]}

    assert answer["REMOTE_CALL"] == "R"
    assert [rows["QUERY_TABLE"][k] for k in ("PARAMCLASS", "EXID", "INTLENGTH", "OPTIONAL")] == ["I", "C", 60, ""]
    assert [rows["DELIMITER"][k] for k in ("DEFAULT", "OPTIONAL")] == ["SPACE", "X"]
    assert [rows["DATA"][k] for k in ("PARAMCLASS", "TABNAME", "EXID")] == ["T", "TAB512", "h"]
    assert rows["OPTION_NOT_VALID"]["PARAMCLASS"] == "X"


def test_lengths_can_be_asked_for_without_unicode(client: WireClient) -> None:
    """NONE_UNICODE_LENGTH gives characters instead of bytes."""
    answer = client.call("RFC_GET_FUNCTION_INTERFACE", FUNCNAME="BAPI_TRANSACTION_COMMIT", NONE_UNICODE_LENGTH="X")

    assert [row["INTLENGTH"] for row in answer["PARAMS"]] == [1, 548]


def test_a_module_that_is_not_remote_enabled_says_so(client: WireClient) -> None:
    """REMOTE_CALL is blank."""
    assert client.call("RFC_GET_FUNCTION_INTERFACE", FUNCNAME="FI_DOCUMENT_CHANGE")["REMOTE_CALL"] == ""


def test_a_structure_lists_its_fields(client: WireClient) -> None:
    """DDIF_FIELDINFO_GET gives offset, length and type; one field if one is asked for."""
    all_fields = client.call("DDIF_FIELDINFO_GET", TABNAME="BAPIACCR09", UCLEN="X")
    one = client.call("DDIF_FIELDINFO_GET", TABNAME="BAPIACCR09", FIELDNAME="AMT_DOCCUR")["DFIES_TAB"]

    assert len(all_fields["DFIES_TAB"]) == 11
    assert all_fields["DDOBJTYPE"] == "INTTAB"
    assert [one[0][k] for k in ("OFFSET", "LENG", "INTLEN", "DECIMALS", "DATATYPE", "INTTYPE")] == [
        "000020", "000023", "000012", "000004", "DEC", "P",
    ]  # fmt: skip


def test_tables_are_described_as_well(client: WireClient) -> None:
    """A database table is a transparent one."""
    assert client.call("DDIF_FIELDINFO_GET", TABNAME="BKPF")["DDOBJTYPE"] == "TRANSP"


@pytest.mark.parametrize(
    ("function", "parameters", "key"),
    [
        ("RFC_GET_FUNCTION_INTERFACE", {"FUNCNAME": "NOWHERE"}, "FU_NOT_FOUND"),
        ("RFC_GET_FUNCTION_INTERFACE", {"FUNCNAME": "BAPI_CUSTOMER_CHANGE"}, "FU_NOT_FOUND"),
        ("DDIF_FIELDINFO_GET", {"TABNAME": "NOWHERE"}, "NOT_FOUND"),
    ],
)
def test_unknown_names_are_exceptions(client: WireClient, function: str, parameters: dict[str, str], key: str) -> None:
    """The session lives on."""
    with pytest.raises(WireError) as error:
        client.call(function, **parameters)
    assert error.value.key == key
    client.call("RFC_PING")
