"""All checks together."""

from tests.support.ecc import a_document, codes
from tests.support.rfc_wire import WireClient


def test_all_errors_are_found_in_the_order_of_the_checks(client: WireClient) -> None:
    """A caller sees everything at once, not one error after the other."""
    document = a_document(
        DOC_TYPE="SA",
        PSTNG_DATE="19990430",
        DOC_DATE="19990430",
        ACCOUNTRECEIVABLE=[{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000000099"}],
        ACCOUNTGL=[
            {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000800000", "TAX_CODE": "A9", "COSTCENTER": "0000009999"},
        ],
    )

    assert codes(client.call("BAPI_ACC_DOCUMENT_POST", **document)) == [
        "RW 609", "F5 241", "F5 201", "F5 102", "FF 713", "FF 805", "KI 265",
    ]  # fmt: skip


def test_without_a_header_nothing_else_is_checked(client: WireClient) -> None:
    """An unknown company code leaves nothing to check against."""
    document = a_document(COMP_CODE="9999", ACCOUNTRECEIVABLE=[{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000000099"}])

    assert codes(client.call("BAPI_ACC_DOCUMENT_POST", **document)) == ["RW 609", "F5 001"]
