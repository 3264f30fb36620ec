"""How the columns of a table are fetched through rows of at most 512 characters, pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..rfc.rows import NUMERIC, Column

__all__ = ["Layout", "plan_columns"]

_WIDTH: Final = 512
"""Characters of a row that RFC_READ_TABLE can return."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How columns are fetched.

    Attributes:
        groups: the columns of each call; each group but the first, if there are several, begins with the key.
        order: where each wanted column stands in the joined row, None where it stands right already.
        key: where the key columns stand in the first group's row.
        numeric: for each key column, whether it is a number.
    """

    groups: tuple[tuple[str, ...], ...]
    order: tuple[int, ...] | None
    key: tuple[int, ...]
    numeric: tuple[bool, ...]


def plan_columns(columns: Sequence[Column], key: Sequence[str]) -> Layout:
    """Divide columns into groups that fit a row of RFC_READ_TABLE.

    Raises:
        ValueError: a key column is not among them, a column does not fit beside the key, or there is no key to join by.
    """
    names = [name for name, _, _, _ in columns]
    missing = [name for name in key if name not in names]
    if missing:
        raise ValueError(f"the key column {missing[0]} is not among the fields to read")
    numeric = tuple(kind in NUMERIC for name in key for own, _, _, kind in columns if own == name)
    if sum(length for _, _, length, _ in columns) <= _WIDTH:
        return Layout((tuple(names),), None, tuple(names.index(name) for name in key), numeric)
    if not key:
        raise ValueError(f"the fields have more than {_WIDTH} characters together; such a read needs the table's key")
    widths = {name: length for name, _, length, _ in columns}
    base = sum(widths[name] for name in key)
    groups, used = [list(key)], base
    for name in (name for name in names if name not in key):
        if base + widths[name] > _WIDTH:
            raise ValueError(f"column {name} has {widths[name]} characters; beside the key it exceeds {_WIDTH}")
        if used + widths[name] > _WIDTH:
            groups.append(list(key))
            used = base
        groups[-1].append(name)
        used += widths[name]
    joined = [*groups[0], *(name for group in groups[1:] for name in group[len(key) :])]
    order = tuple(joined.index(name) for name in names)
    return Layout(tuple(map(tuple, groups)), order, tuple(range(len(key))), numeric)
