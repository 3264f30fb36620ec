"""ABAP dictionary: elementary types, structures and interfaces of function modules, with SAP's layout rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
]


class RfcType(IntEnum):
    """Types as the RFC library numbers them."""

    CHAR = 0
    DATE = 1
    BCD = 2
    TIME = 3
    BYTE = 4
    TABLE = 5
    NUM = 6
    FLOAT = 7
    INT = 8
    INT2 = 9
    INT1 = 10
    STRUCTURE = 17
    DECF16 = 23
    DECF34 = 24
    STRING = 29
    XSTRING = 30
    INT8 = 31
    UTCLONG = 32


class Direction(IntEnum):
    """Direction of a parameter as the function module sees it."""

    IMPORT = 1
    EXPORT = 2
    CHANGING = 3
    TABLES = 7


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
    "INT8": (RfcType.INT8, 8),
    "FLTP": (RfcType.FLOAT, 8),
    "D16D": (RfcType.DECF16, 8),
    "D34D": (RfcType.DECF34, 16),
    "STRG": (RfcType.STRING, 8),
    "RSTR": (RfcType.XSTRING, 8),
    "UTCL": (RfcType.UTCLONG, 8),
}
_DECIMALS = {"FLTP": 16, "D16D": 16, "D34D": 34}
_ALIGNMENT = {
    RfcType.INT2: 2,
    RfcType.INT: 4,
    **dict.fromkeys(
        (RfcType.FLOAT, RfcType.INT8, RfcType.DECF16, RfcType.DECF34, RfcType.STRING, RfcType.XSTRING, RfcType.UTCLONG),
        8,
    ),
}
_INITIAL: dict[RfcType, Any] = {
    **dict.fromkeys((RfcType.INT, RfcType.INT1, RfcType.INT2, RfcType.INT8), 0),
    **dict.fromkeys((RfcType.BCD, RfcType.DECF16, RfcType.DECF34), "0"),
    RfcType.FLOAT: 0.0,
    RfcType.DATE: "00000000",
    RfcType.TIME: "000000",
    RfcType.XSTRING: b"",
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
        return cls(abap, length, _DECIMALS.get(abap, decimals), rfc, size, size * 2 if rfc in _TEXT else size)

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
    type: "Type"


@dataclass(frozen=True)
class Structure:
    """A structure; also the line type of tables."""

    name: str
    fields: tuple[Field, ...]
    text: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """List the field names in order."""
        return tuple(f.name for f in self.fields)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Find a field by name."""
        return {f.name: f for f in self.fields}

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

    def alignment(self, *, unicode: bool) -> int:
        """Give the largest alignment of any field."""
        return max((f.type.alignment(unicode=unicode) for f in self.fields), default=1)

    def _place(self, *, unicode: bool) -> tuple[list[int], int]:
        at, offsets = 0, []
        for component in self.fields:
            alignment = component.type.alignment(unicode=unicode)
            at = -(-at // alignment) * alignment
            offsets.append(at)
            at += _bytes(component.type, unicode=unicode)
        largest = self.alignment(unicode=unicode)
        return offsets, -(-at // largest) * largest

    def read(self, values: Sequence[Any] | Mapping[str, Any]) -> dict[str, Any]:
        """Turn a structure from the wire into a mapping by field name."""
        return dict(values) if isinstance(values, Mapping) else dict(zip(self.names, values, strict=False))

    def write(self, values: Mapping[str, Any]) -> list[Any]:
        """Turn a mapping by field name into wire form; what it lacks stays initial."""
        return [values.get(name) for name in self.names]

    @property
    def initial(self) -> list[Any]:
        """Give the initial value in wire form."""
        return [f.type.initial for f in self.fields]


@dataclass(frozen=True, slots=True)
class Table:
    """An internal table with a structured line type."""

    line: Structure

    def alignment(self, *, unicode: bool) -> int:
        """Give the alignment of the reference to a table."""
        del unicode
        return 8

    @property
    def initial(self) -> list[Any]:
        """Give the initial value in wire form."""
        return []


Type = Elementary | Structure | Table


def _bytes(type_: Type, *, unicode: bool) -> int:
    if isinstance(type_, Table):
        return 8
    return type_.uc if unicode else type_.nuc


def _rfc(type_: Type) -> int:
    if isinstance(type_, Elementary):
        return type_.rfc
    return RfcType.TABLE if isinstance(type_, Table) else RfcType.STRUCTURE


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function module."""

    name: str
    direction: Direction
    type: Type
    optional: bool = False
    default: str = ""

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
    group: str = ""
    text: str = ""

    @cached_property
    def by_name(self) -> dict[str, Parameter]:
        """Find a parameter by name."""
        return {p.name: p for p in self.parameters}

    @cached_property
    def wire(self) -> list[Any]:
        """Give the interface in the form the RFC library reads: types, parameters, exceptions."""
        types, index = describe_types(p.type for p in self.parameters)
        parameters = [
            [
                p.name,
                int(_rfc(p.type)),
                int(p.direction),
                line.nuc,
                line.uc,
                line.decimals if isinstance(line, Elementary) else 0,
                p.default,
                "",
                int(p.optional),
                -1 if isinstance(line, Elementary) else index[line.name],
            ]
            for p in self.parameters
            for line in [p.type.line if isinstance(p.type, Table) else p.type]
        ]
        return [types, parameters, [[key, ""] for key in self.exceptions]]


@dataclass(slots=True)
class _Types:
    wire: list[Any] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)

    def add(self, type_: Type) -> int:
        if isinstance(type_, Elementary):
            return -1
        structure = type_.line if isinstance(type_, Table) else type_
        if structure.name not in self.index:
            inner = [self.add(f.type) for f in structure.fields]
            rows = [
                [
                    f.name,
                    int(_rfc(f.type)),
                    _bytes(f.type, unicode=False),
                    nuc,
                    _bytes(f.type, unicode=True),
                    uc,
                    f.type.decimals if isinstance(f.type, Elementary) else 0,
                    position,
                ]
                for f, nuc, uc, position in zip(structure.fields, *structure.offsets, inner, strict=True)
            ]
            self.index[structure.name] = len(self.wire)
            self.wire.append([structure.name, structure.nuc, structure.uc, rows])
        return self.index[structure.name]


def describe_types(roots: Iterable[Type]) -> tuple[list[Any], dict[str, int]]:
    """Describe structures in wire form, inner ones first, with the index of each by name."""
    types = _Types()
    for root in roots:
        types.add(root)
    return types.wire, types.index
