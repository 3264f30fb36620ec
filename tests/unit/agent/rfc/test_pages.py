"""Pages leave the child arranged and packed: every chunk fits its frame, no row is lost, order is told, not hoped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_agent.rfc.pages import CHUNK_BYTES, arrange, pack, unpack
from mlconnector_shared.frames import MAX_ROWS_BYTES, Rows, decode, encode


@given(
    st.lists(st.integers(0, 4000), max_size=300),
    st.sampled_from(["x", "ß", "字", "𝄞"]),
)
def test_every_chunk_fits_its_frame_and_all_rows_arrive_in_order(sizes: list[int], letter: str) -> None:
    """Whatever the rows' sizes and letters; rows of a table have at most a few thousand characters."""
    rows = [[str(number), letter * size] for number, size in enumerate(sizes)]

    chunks = pack(rows)

    assert unpack(chunks) == rows
    arrived: list[list[str]] = []
    for count, packed in chunks:
        data = encode(Rows.packed("x" * 200, 1, packed))
        assert len(data) <= MAX_ROWS_BYTES
        message = decode(data)
        assert isinstance(message, Rows)
        assert len(message.rows) == count
        arrived += message.rows
    assert arrived == rows


def test_small_pages_stay_whole() -> None:
    """What fits travels in one piece, and nothing travels for nothing."""
    assert [count for count, _ in pack([["a"], ["b"]])] == [2]
    assert pack([]) == []


def test_a_single_large_row_is_not_cut() -> None:
    """A row is whole or not at all; the frame's own limit has the last word."""
    row = ["x" * (CHUNK_BYTES + 1)]

    assert [count for count, _ in pack([row, ["a"]])] == [1, 1]


@pytest.mark.parametrize(
    ("keys", "size", "kept", "last", "is_complete", "in_order"),
    [
        (["1", "2", "3"], 3, ["1", "2", "3"], ["3"], True, True),
        (["1", "2", "3"], 2, ["1", "2"], ["2"], False, True),
        (["3", "1", "2"], 3, ["1", "2", "3"], ["3"], True, False),
        (["3", "1", "2", "5", "4"], 4, [], ["2"], False, False),
        ([], 3, [], [], True, True),
    ],
)
def test_a_page_tells_its_last_key_and_whether_there_is_more(
    keys: list[str], size: int, kept: list[str], last: list[str], is_complete: bool, in_order: bool
) -> None:
    """Complete pages are sorted; of an incomplete one out of order only the key to divide at is kept."""
    page = arrange([["x", key] for key in keys], [1], [False], size)

    assert [row[1] for row in unpack(page.chunks)] == kept
    assert (page.last, page.is_complete, page.in_order) == (last, is_complete, in_order)
    assert page.is_unique


def test_numbers_are_compared_as_numbers() -> None:
    """In a key of a text and a number 9 comes before 10; the last key stays text."""
    rows = [["a", "9.00"], ["a", "10.00"], ["b", "-1.00"]]

    page = arrange(rows, [0, 1], [False, True], 3)

    assert page.in_order
    assert page.last == ["b", "-1.00"]
    assert not arrange(rows, [0, 1], [False, False], 3).in_order


@pytest.mark.parametrize("keys", [["1", "1"], ["2", "1", "2"], ["1", "2", "2"]])
def test_a_key_that_comes_twice_is_noticed(keys: list[str]) -> None:
    """Wherever the two rows stand."""
    assert not arrange([[key] for key in keys], [0], [False], 5).is_unique


def test_without_a_key_rows_stay_as_they_came() -> None:
    """Only their number is limited."""
    page = arrange([["2"], ["1"], ["3"]], [], [], 2)

    assert unpack(page.chunks) == [["2"], ["1"]]
    assert not page.is_complete
