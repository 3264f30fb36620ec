"""SAP's words: which RETURN row names the cause, and when two calls are the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_shared.bapi import BapiCall, Message, content_digest, read_return


def row(kind: str, code: str, text: str = "", **more: Any) -> dict[str, Any]:
    message_class, number = code.split()
    return {"TYPE": kind, "ID": message_class, "NUMBER": number, "MESSAGE": text, **more}


def test_no_rows_say_nothing() -> None:
    """An empty RETURN is no error, and has no cause."""
    summary = read_return([])

    assert (summary.messages, summary.primary, summary.is_error) == ((), None, False)


def test_the_generic_error_is_not_the_cause() -> None:
    """RW 609 comes first and says nothing: the next error is what people need."""
    summary = read_return([row("E", "RW 609"), row("W", "F5 100"), row("E", "F5 201"), row("E", "KI 235")])

    assert summary.is_error
    assert summary.primary is not None
    assert summary.primary.code == "F5 201"


def test_the_generic_error_alone_is_the_cause() -> None:
    """Better than none."""
    summary = read_return([row("S", "RW 605"), row("E", "RW 609")])

    assert summary.primary is not None
    assert summary.primary.code == "RW 609"


@pytest.mark.parametrize(
    ("kind", "demands"), [("S", False), ("I", False), ("W", False), ("E", True), ("A", True), ("X", True), ("", False)]
)
def test_which_types_demand_a_rollback(kind: str, demands: bool) -> None:
    """Errors, aborts and dumps do; success, information and warnings do not."""
    assert read_return([row(kind, "F5 201")]).is_error is demands


def test_a_repeated_detail_is_kept_once_where_it_points() -> None:
    """SAP sends the same message with and without its place; the one with the place helps."""
    bare = row("E", "F5 201", MESSAGE_V1="4000")
    placed = row("E", "F5 201", MESSAGE_V1="4000", PARAMETER="ACCOUNTGL", ROW=2, FIELD="GL_ACCOUNT")

    for rows in ([bare, placed], [placed, bare], [placed, placed]):
        [message] = read_return(rows).messages
        assert (message.parameter, message.row, message.field) == ("ACCOUNTGL", 2, "GL_ACCOUNT")


def test_other_variables_make_another_message() -> None:
    """Two accounts blocked are two messages."""
    summary = read_return([row("E", "F5 201", MESSAGE_V1="4000"), row("E", "F5 201", MESSAGE_V1="5000")])

    assert [message.v1 for message in summary.messages] == ["4000", "5000"]


def test_padded_and_missing_cells_read_as_text() -> None:
    """SAP pads with blanks and leaves fields out."""
    [message] = read_return(
        [{"TYPE": "E ", "ID": "F5  ", "NUMBER": "201", "MESSAGE": " closed ", "ROW": None}]
    ).messages

    assert message == Message("E", "F5", "201", "closed")
    assert Message("E", "", "", "").code == ""


scalars = st.none() | st.text(max_size=5) | st.integers(-10, 10) | st.binary(max_size=5)
contents = st.dictionaries(
    st.text(max_size=5), scalars | st.dictionaries(st.text(max_size=5), scalars, max_size=3), max_size=5
)


@given(contents, st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order_of_keys(parameters: dict[str, Any], random: Any) -> None:
    """The same content built in another order is the same posting."""

    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key]) for key in keys}

    assert content_digest(BapiCall("F", parameters)) == content_digest(BapiCall("F", shuffled(parameters)))


def test_the_digest_depends_on_everything_else() -> None:
    """Function, names, values and the order of table rows."""
    calls = [
        BapiCall("F", {"T": [{"A": "1"}, {"A": "2"}]}),
        BapiCall("G", {"T": [{"A": "1"}, {"A": "2"}]}),
        BapiCall("F", {"T": [{"A": "2"}, {"A": "1"}]}),
        BapiCall("F", {"T": [{"A": "1"}, {"A": "3"}]}),
        BapiCall("F", {"U": [{"A": "1"}, {"A": "2"}]}),
        BapiCall("F", {"T": [{"A": 1}, {"A": 2}]}),
    ]

    assert len({content_digest(call) for call in calls}) == len(calls)


def test_the_digest_stays_for_ever() -> None:
    """A posting id keeps its digest: the ledger compares with what an older version computed."""
    call = BapiCall("BAPI_ACC_DOCUMENT_POST", {"DOCUMENTHEADER": {"COMP_CODE": "1000"}, "CURRENCYAMOUNT": []})

    assert content_digest(call) == "2404bb0cabe7535e6668750332d9b4bebbaea826092970415d51f6b76f1dc15d"
