"""RETURN rows."""

from mlconnector_sandbox.ecc.fi.messages import MESSAGES, bapi_return


def test_variables_fill_the_text_in_order() -> None:
    """Each ampersand takes the next variable, and the variables come along."""
    row = bapi_return("S", "RW", "605", "BKPFF", "180000000010002026", "ECCCLNT100", system="ECCCLNT100")

    assert row["MESSAGE"] == "Document posted successfully: BKPFF 180000000010002026 ECCCLNT100"
    assert [row[f"MESSAGE_V{i}"] for i in (1, 2, 3)] == ["BKPFF", "180000000010002026", "ECCCLNT100"]


def test_texts_and_variables_fit_their_fields() -> None:
    """BAPIRET2 has 220 characters for the text and 50 for a variable."""
    row = bapi_return("E", "F5", "102", "x" * 300, "1000")

    assert len(row["MESSAGE"]) == 220
    assert len(row["MESSAGE_V1"]) == 50
    assert all(len(text) <= 73 for text in MESSAGES.values())
