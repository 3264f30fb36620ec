"""The function modules and structures of the simulated system, read from the metadata files of this package."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

import msgspec

from .ddic import Direction, Elementary, Field, FunctionModule, Kind, Parameter, Structure, Table, Type

__all__ = ["Catalogue", "load_catalogue", "read_metadata"]


def read_metadata(name: str) -> dict[str, Any]:
    """Read one of the metadata files of this package."""
    source = resources.files(__package__).joinpath("metadata", name)
    content: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return content


@dataclass(frozen=True)
class Catalogue:
    """All interfaces of a system. Sessions keep the one they logged on with."""

    system_id: str
    functions: Mapping[str, FunctionModule]
    structures: Mapping[str, Structure]

    @cached_property
    def repository(self) -> str:
        """Name this set of interfaces; the RFC library caches metadata under it."""
        content = msgspec.msgpack.encode([[name, self.functions[name].wire] for name in sorted(self.functions)])
        return f"{self.system_id}/{hashlib.sha256(content).hexdigest()[:16]}"

    def truncated(self, structure: str, fields: list[str]) -> "Catalogue":
        """Give a catalogue in which a structure lacks some fields, as on a system with another release."""
        old = self.structures[structure]
        new = Structure(old.name, tuple(f for f in old.fields if f.name not in fields), old.text)

        def replace(type_: Type) -> Type:
            if isinstance(type_, Table):
                return Table(new) if type_.line is old else type_
            return new if type_ is old else type_

        functions = {
            name: FunctionModule(
                name,
                tuple(Parameter(p.name, p.direction, replace(p.type), p.optional, p.default) for p in f.parameters),
                f.kind,
                f.exceptions,
                f.group,
                f.text,
            )
            for name, f in self.functions.items()
        }
        return Catalogue(self.system_id, functions, {**self.structures, structure: new})


def load_catalogue(system_id: str) -> Catalogue:
    """Build the catalogue from structures, tables and function modules of the metadata files."""
    described: dict[str, Any] = {
        **read_metadata("tables.json"),
        **read_metadata("own_tables.json"),
        **read_metadata("structures.json"),
        **read_metadata("own_structures.json"),
    }
    structures: dict[str, Structure] = {}
    for name, entry in described.items():
        structures[name] = Structure(
            name, tuple(Field(f[0], _type(f, structures)) for f in entry["fields"]), entry["text"]
        )
    modules = {**read_metadata("function_modules.json"), **read_metadata("own_function_modules.json")}
    return Catalogue(system_id, {name: _module(name, entry, structures) for name, entry in modules.items()}, structures)


def _type(source: list[Any], structures: Mapping[str, Structure]) -> Type:
    """Read a field: name, ABAP type, length, decimals; or name, STRU or TTYP, and the name of the structure."""
    if source[1] == "STRU":
        return structures[source[2]]
    return Table(structures[source[2]]) if source[1] == "TTYP" else Elementary.of(source[1], source[2], source[3])


def _module(name: str, entry: dict[str, Any], structures: Mapping[str, Structure]) -> FunctionModule:
    return FunctionModule(
        name,
        tuple(_parameter(p, structures) for p in entry["parameters"]),
        Kind[entry.get("kind", "remote").upper()],
        tuple(entry.get("exceptions", ())),
        entry.get("group", ""),
        entry.get("text", ""),
    )


def _parameter(source: dict[str, Any], structures: Mapping[str, Structure]) -> Parameter:
    direction = Direction[source["direction"].upper()]
    if "line" in source:
        line = structures[source["line"]]
        type_: Type = Table(line) if direction is Direction.TABLES or source.get("table") else line
    else:
        type_ = Elementary.of(source["type"], source.get("length", 0), source.get("decimals", 0))
    return Parameter(source["name"], direction, type_, source.get("optional", False), source.get("default", ""))
