"""The system as a whole: restart, reset."""

from pathlib import Path

from tests.support.ecc import Ecc, a_document, an_ecc, find


def post(ecc: Ecc, reference: str) -> str:
    """Post and commit; give the number."""
    client = ecc.connect()
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return str(key[:10])


def test_the_books_survive_a_restart(tmp_path: Path) -> None:
    """Documents, number ranges, master data and options are as they were."""
    with an_ecc(tmp_path) as ecc:
        post(ecc, "RESTART-1")
        ecc.system.master.change("KNA1", ("100", "0000004711"), {"NAME1": "Changed"})
        ecc.system.options.rewrite("1000", "DG", "X{number}")
    with an_ecc(tmp_path) as ecc:
        assert len(find(ecc.connect(), "RESTART-1")) == 1
        assert post(ecc, "RESTART-2") == "1800000001"
        customer = ecc.system.master.find("KNA1", "100", "0000004711")
        assert customer is not None
        assert customer["NAME1"] == "Changed"
        assert ecc.system.options.rewrites == [{"company_code": "1000", "document_type": "DG", "pattern": "X{number}"}]


def test_a_reset_starts_again(ecc: Ecc) -> None:
    """No document, no fault, no counter, numbers from the beginning."""
    post(ecc, "RESET-1")
    ecc.system.points.add(point="called", action="drop", times=0)
    ecc.system.options.size_bulk_table(5)
    ecc.system.updates.switch(running=False)
    ecc.system.reset()

    assert ecc.system.calls == {}
    assert ecc.system.books.count() == 0
    assert ecc.system.options.bulk_rows == 100_000
    assert post(ecc, "RESET-2") == "1800000000"


def test_truncated_interfaces_hold_for_new_sessions(ecc: Ecc) -> None:
    """A session keeps the interfaces it logged on with; restored ones come back under their old name."""
    before = ecc.connect()
    ecc.system.catalogue = ecc.system.catalogue.truncated("BAPIACAR09", ["PAYMT_REF", "ALLOC_NMBR"])
    after = ecc.connect()

    assert before.repository != after.repository
    fields = [f[0] for t in after.interface("BAPI_ACC_DOCUMENT_POST")[0] if t[0] == "BAPIACAR09" for f in t[3]]
    assert "PAYMT_REF" not in fields
    line = [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004711"}]
    assert after.call("BAPI_ACC_DOCUMENT_POST", **a_document(ACCOUNTRECEIVABLE=line))["RETURN"][0]["NUMBER"] == "605"
    ecc.system.restore_catalogue()
    assert ecc.connect().repository == before.repository
