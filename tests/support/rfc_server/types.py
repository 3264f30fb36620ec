"""ABAP types for the test server: their places by SAP's rules, and their metadata as the protocol writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Elementary",
    "Interface",
    "Parameter",
    "Structure",
    "Table",
    "Type",
    "char",
    "packed",
    "raw",
    "types_on_the_wire",
]

IMPORT, EXPORT, CHANGING, TABLES = 1, 2, 3, 7
_CHAR, _DATE, _BCD, _TIME, _BYTE, _TABLE, _NUM = 0, 1, 2, 3, 4, 5, 6
_STRUCTURE = 17
_TEXTS = (_CHAR, _DATE, _TIME, _NUM)
_REFERENCE = 8


@dataclass(frozen=True, slots=True)
class Elementary:
    """A field's type: RFC number, length on a non-Unicode system, decimals, alignment there."""

    number: int
    nuc: int
    decimals: int = 0
    alignment: int = 1

    @property
    def uc(self) -> int:
        """Length on a Unicode system."""
        return 2 * self.nuc if self.number in _TEXTS else self.nuc

    def aligned(self, *, unicode: bool) -> int:
        """Alignment on one or the other kind of system."""
        return 2 if unicode and self.number in _TEXTS else self.alignment


@dataclass(frozen=True)
class Structure:
    """Named fields."""

    name: str
    fields: tuple[tuple[str, "Type"], ...]

    def places(self, *, unicode: bool) -> tuple[list[int], int, int]:
        """Offsets, length and alignment."""
        offsets, end, largest = [], 0, 1
        for _, kind in self.fields:
            length, alignment = _extent(kind, unicode=unicode)
            end = -(-end // alignment) * alignment
            offsets.append(end)
            end += length
            largest = max(largest, alignment)
        return offsets, -(-end // largest) * largest, largest


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a structure; a table of elementary rows has a structure with one nameless field."""

    line: Structure


Type = Elementary | Structure | Table


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function module."""

    name: str
    direction: int
    type: Type
    optional: bool = False
    default: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """What a function module looks like."""

    name: str
    parameters: tuple[Parameter, ...]

    def on_the_wire(self) -> list[Any]:
        """Give the answer to `func`: types, parameters, exceptions."""
        types, index = types_on_the_wire([p.type for p in self.parameters])
        described = []
        for parameter in self.parameters:
            kind = parameter.type
            line = kind.line if isinstance(kind, Table) else kind
            lengths = [_extent(line, unicode=unicode)[0] for unicode in (False, True)]
            texts = [parameter.default, parameter.text, int(parameter.optional)]
            place = -1 if isinstance(line, Elementary) else index[line.name]
            described.append(
                [parameter.name, _number(kind), parameter.direction, *lengths, _decimals(kind), *texts, place]
            )
        return [types, described, []]


def char(length: int) -> Elementary:
    """CHAR."""
    return Elementary(_CHAR, length)


def packed(digits: int, decimals: int) -> Elementary:
    """DEC, CURR or QUAN."""
    return Elementary(_BCD, digits // 2 + 1, decimals)


def raw(length: int) -> Elementary:
    """RAW."""
    return Elementary(_BYTE, length)


def _extent(kind: Type, *, unicode: bool) -> tuple[int, int]:
    if isinstance(kind, Table):
        return _REFERENCE, _REFERENCE
    if isinstance(kind, Structure):
        _, length, alignment = kind.places(unicode=unicode)
        return length, alignment
    return kind.uc if unicode else kind.nuc, kind.aligned(unicode=unicode)


def _number(kind: Type) -> int:
    if isinstance(kind, Elementary):
        return kind.number
    return _TABLE if isinstance(kind, Table) else _STRUCTURE


def _decimals(kind: Type) -> int:
    return kind.decimals if isinstance(kind, Elementary) else 0


def types_on_the_wire(kinds: Sequence[Type]) -> tuple[list[Any], dict[str, int]]:
    """Give the structures of some types, inner ones first, and where each is."""
    types: list[Any] = []
    index: dict[str, int] = {}

    def add(kind: Type) -> int:
        line = kind.line if isinstance(kind, Table) else kind
        if isinstance(line, Elementary):
            return -1
        if line.name in index:
            return index[line.name]
        inner = [add(field) for _, field in line.fields]
        (nuc_offsets, nuc, _), (uc_offsets, uc, _) = line.places(unicode=False), line.places(unicode=True)
        fields = [
            [name, _number(field), *_spread(field, nuc_offsets[i], uc_offsets[i]), _decimals(field), inner[i]]
            for i, (name, field) in enumerate(line.fields)
        ]
        index[line.name] = len(types)
        types.append([line.name, nuc, uc, fields])
        return index[line.name]

    for kind in kinds:
        add(kind)
    return types, index


def _spread(kind: Type, nuc_offset: int, uc_offset: int) -> tuple[int, int, int, int]:
    return _extent(kind, unicode=False)[0], nuc_offset, _extent(kind, unicode=True)[0], uc_offset
