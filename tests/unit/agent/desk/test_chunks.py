"""Rows travel in chunks that never hold up a posting, and none is lost on the way."""

from hypothesis import given
from hypothesis import strategies as st
from mlconnector_agent.desk.chunks import CHUNK_BYTES, chunks
from mlconnector_shared.frames import MAX_ROWS_BYTES, Rows, encode


@given(
    st.lists(st.integers(0, 4000), max_size=300),
    st.sampled_from(["x", "ß", "字", "𝄞"]),
)
def test_every_chunk_fits_its_frame_and_all_rows_arrive_in_order(sizes: list[int], letter: str) -> None:
    """Whatever the rows' sizes and letters; rows of a table have at most a few thousand characters."""
    rows = [[str(number), letter * size] for number, size in enumerate(sizes)]

    cut = list(chunks(rows))

    assert [row for chunk in cut for row in chunk] == rows
    for chunk in cut:
        assert len(encode(Rows("x" * 200, 1, chunk))) <= MAX_ROWS_BYTES


def test_small_pages_stay_whole() -> None:
    """What fits travels in one piece, and nothing travels for nothing."""
    assert list(chunks([["a"], ["b"]])) == [[["a"], ["b"]]]
    assert list(chunks([])) == []


def test_a_single_large_row_is_not_cut() -> None:
    """A row is whole or not at all; the frame's own limit has the last word."""
    row = ["x" * (CHUNK_BYTES + 1)]

    assert list(chunks([row, ["a"]])) == [[row], [["a"]]]
