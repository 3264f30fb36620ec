"""Dividing columns into groups that fit a row of 512 characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_agent.luw.columns import plan_columns
from mlconnector_agent.rfc.rows import Column


def _columns(*widths: int) -> list[Column]:
    return [(f"C{position}", 0, width, "C") for position, width in enumerate(widths)]


def test_what_fits_is_one_group_as_asked() -> None:
    """No key needed, no reordering."""
    layout = plan_columns(_columns(500, 12), ())
    assert (layout.groups, layout.order) == ((("C0", "C1"),), None)


@given(st.lists(st.integers(1, 300), min_size=2, max_size=40), st.data())
def test_every_group_fits_and_every_column_comes_back(widths: list[int], data: st.DataObject) -> None:
    """Each group holds the key and stays within a row; joined and reordered, the columns are those asked for."""
    columns = _columns(10, *widths)
    position = data.draw(st.integers(0, len(columns) - 1))
    columns.insert(position, columns.pop(0))
    layout = plan_columns(columns, ("C0",))
    width = {name: length for name, _, length, _ in columns}
    assert all(sum(width[name] for name in group) <= 512 for group in layout.groups)
    if layout.order is None:
        assert list(layout.groups[0]) == [name for name, *_ in columns]
    else:
        assert all(group[0] == "C0" for group in layout.groups)
        joined = [*layout.groups[0], *(name for group in layout.groups[1:] for name in group[1:])]
        assert [joined[at] for at in layout.order] == [name for name, *_ in columns]


@pytest.mark.parametrize(
    ("widths", "key", "named"),
    [((300, 300), (), "key"), ((10, 510), ("C0",), "C1"), ((10,), ("X",), "X")],
)
def test_what_cannot_be_divided_is_named(widths: tuple[int, ...], key: tuple[str, ...], named: str) -> None:
    """Too wide without a key, a column too wide beside the key, a key that is not read."""
    with pytest.raises(ValueError, match=named):
        plan_columns(_columns(*widths), key)
