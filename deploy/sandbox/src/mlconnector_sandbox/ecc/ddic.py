"""ABAP dictionary: elementary types, structures and interfaces of function modules, with SAP's layout rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

__all__ = [
    "Direction",
    "Elementary",
    "Field",
    "FunctionModule",
    "Kind",
    "Parameter",
    "RfcType",
    "Structure",
    "Table",
    "Type",
    "describe",
]


class RfcType(IntEnum):
    """Types as the RFC library numbers them, as far as they occur here."""

    CHAR = 0
    DATE = 1
    BCD = 2
    TIME = 3
    BYTE = 4
    TABLE = 5
    NUM = 6
    INT = 8
    INT2 = 9
    INT1 = 10
    STRUCTURE = 17


class Direction(IntEnum):
    """Direction of a parameter as the function module sees it."""

    IMPORT = 1
    EXPORT = 2
    CHANGING = 3
    TABLES = 7

    @property
    def returned(self) -> bool:
        """Tell whether the caller gets the parameter back."""
        return bool(self & Direction.EXPORT)


class Kind(IntEnum):
    """Who may call a function module."""

    REMOTE = 0
    DIALOG = 1
    LOCAL = 2
    ABSENT = 3


_TEXT = {RfcType.CHAR, RfcType.NUM, RfcType.DATE, RfcType.TIME}
_PACKED = {"DEC", "CURR", "QUAN"}
_FIXED = {  # ABAP type: RFC type, bytes
    "DATS": (RfcType.DATE, 8),
    "TIMS": (RfcType.TIME, 6),
    "INT1": (RfcType.INT1, 1),
    "INT2": (RfcType.INT2, 2),
    "INT4": (RfcType.INT, 4),
}
_ALIGNMENT = {RfcType.INT2: 2, RfcType.INT: 4}
_INITIAL: dict[RfcType, Any] = {
    **dict.fromkeys((RfcType.INT, RfcType.INT1, RfcType.INT2), 0),
    RfcType.BCD: "0",
    RfcType.DATE: "00000000",
    RfcType.TIME: "000000",
}


@dataclass(frozen=True, slots=True)
class Elementary:
    """An elementary type; `nuc` and `uc` are its bytes on a non-Unicode and a Unicode system."""

    abap: str
    length: int
    decimals: int
    rfc: RfcType
    nuc: int
    uc: int

    @classmethod
    def of(cls, abap: str, length: int, decimals: int = 0) -> "Elementary":
        """Derive the RFC type and its bytes from an ABAP type."""
        if abap in _FIXED:
            rfc, size = _FIXED[abap]
        elif abap in _PACKED:
            rfc, size = RfcType.BCD, length // 2 + 1
        elif abap == "RAW":
            rfc, size = RfcType.BYTE, length
        else:
            rfc, size = RfcType.NUM if abap == "NUMC" else RfcType.CHAR, length
        return cls(abap, length, decimals, rfc, size, size * 2 if rfc in _TEXT else size)

    def alignment(self, *, unicode: bool) -> int:
        """Give the alignment in bytes."""
        return 2 if unicode and self.rfc in _TEXT else _ALIGNMENT.get(self.rfc, 1)

    @property
    def initial(self) -> Any:
        """Give the initial value in wire form."""
        if self.rfc is RfcType.NUM:
            return "0" * self.length
        return b"\0" * self.nuc if self.rfc is RfcType.BYTE else _INITIAL.get(self.rfc, "")


@dataclass(frozen=True, slots=True)
class Field:
    """A named component of a structure."""

    name: str
    type: Elementary


@dataclass(frozen=True)
class Structure:
    """A flat structure; also the line type of tables."""

    name: str
    fields: tuple[Field, ...]
    text: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """List the field names in order."""
        return tuple(f.name for f in self.fields)

    @cached_property
    def offsets(self) -> tuple[list[int], list[int]]:
        """List the offsets in bytes, non-Unicode and Unicode."""
        return self._place(unicode=False)[0], self._place(unicode=True)[0]

    @cached_property
    def nuc(self) -> int:
        """Give the length in bytes on a non-Unicode system."""
        return self._place(unicode=False)[1]

    @cached_property
    def uc(self) -> int:
        """Give the length in bytes on a Unicode system."""
        return self._place(unicode=True)[1]

    @cached_property
    def wire(self) -> list[Any]:
        """Give the structure in the form the RFC library reads: name, lengths, fields."""
        rows = [
            [f.name, int(f.type.rfc), f.type.nuc, nuc, f.type.uc, uc, f.type.decimals, -1]
            for f, nuc, uc in zip(self.fields, *self.offsets, strict=True)
        ]
        return [self.name, self.nuc, self.uc, rows]

    @property
    def initial(self) -> list[Any]:
        """Give the initial value in wire form."""
        return [f.type.initial for f in self.fields]

    def read(self, values: Sequence[Any]) -> dict[str, Any]:
        """Turn a structure from the wire into a mapping by field name."""
        return dict(zip(self.names, values, strict=False))

    def write(self, values: Mapping[str, Any]) -> list[Any]:
        """Turn a mapping by field name into wire form; what it lacks stays initial."""
        return [values.get(name) for name in self.names]

    def _place(self, *, unicode: bool) -> tuple[list[int], int]:
        at, largest, offsets = 0, 1, []
        for component in self.fields:
            alignment = component.type.alignment(unicode=unicode)
            at = _aligned(at, alignment)
            offsets.append(at)
            at += component.type.uc if unicode else component.type.nuc
            largest = max(largest, alignment)
        return offsets, _aligned(at, largest)


def _aligned(at: int, alignment: int) -> int:
    return -(-at // alignment) * alignment


@dataclass(frozen=True, slots=True)
class Table:
    """An internal table."""

    line: Structure

    @property
    def initial(self) -> list[Any]:
        """Give the initial value in wire form."""
        return []


Type = Elementary | Structure | Table


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function module."""

    name: str
    direction: Direction
    type: Type
    optional: bool = False
    default: str = ""

    @property
    def line(self) -> Structure | Elementary:
        """Give the type of the parameter, of a row if it is a table."""
        return self.type.line if isinstance(self.type, Table) else self.type

    @property
    def initial(self) -> Any:
        """Give the value an implementation sees when the caller left the parameter out."""
        if isinstance(self.type, Elementary) and self.default not in {"", "SPACE"}:
            return int(self.default) if self.default.isdecimal() else self.default
        return self.type.initial


@dataclass(frozen=True)
class FunctionModule:
    """The interface of a function module."""

    name: str
    parameters: tuple[Parameter, ...]
    kind: Kind = Kind.REMOTE
    exceptions: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Parameter]:
        """Find a parameter by name."""
        return {p.name: p for p in self.parameters}

    @cached_property
    def wire(self) -> list[Any]:
        """Give the interface in the form the RFC library reads: types, parameters, exceptions."""
        types, index = describe(p.line for p in self.parameters if isinstance(p.line, Structure))
        return [types, [_parameter(p, index) for p in self.parameters], [[key, ""] for key in self.exceptions]]


def describe(structures: Iterable[Structure]) -> tuple[list[Any], dict[str, int]]:
    """Describe structures in wire form, each once, with their positions by name."""
    distinct = {s.name: s for s in structures}
    return [s.wire for s in distinct.values()], {name: position for position, name in enumerate(distinct)}


def _parameter(parameter: Parameter, index: Mapping[str, int]) -> list[Any]:
    line = parameter.line
    if isinstance(line, Elementary):
        kind, decimals, position = line.rfc, line.decimals, -1
    else:
        kind = RfcType.TABLE if isinstance(parameter.type, Table) else RfcType.STRUCTURE
        decimals, position = 0, index[line.name]
    lengths = [line.nuc, line.uc, decimals]
    rest = [parameter.default, "", int(parameter.optional), position]
    return [parameter.name, int(kind), int(parameter.direction), *lengths, *rest]
