"""The function modules and structures of the simulated system, read from the metadata files of this package."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from typing import Any

import msgspec

from .ddic import Direction, Elementary, Field, FunctionModule, Kind, Parameter, Structure, Table, Type

__all__ = ["Catalogue", "load_catalogue", "read_metadata"]


_STRUCTURES = ("tables.json", "own_tables.json", "structures.json")
_MODULES = ("function_modules.json", "own_function_modules.json")


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

        def changed(type_: Type) -> Type:
            if isinstance(type_, Table):
                return Table(new) if type_.line is old else type_
            return new if type_ is old else type_

        functions = {
            name: replace(f, parameters=tuple(replace(p, type=changed(p.type)) for p in f.parameters))
            for name, f in self.functions.items()
        }
        return Catalogue(self.system_id, functions, {**self.structures, structure: new})


@cache
def load_catalogue(system_id: str) -> Catalogue:
    """Build the catalogue from structures, tables and function modules of the metadata files."""
    described = {name: entry for file in _STRUCTURES for name, entry in read_metadata(file).items()}
    structures = {
        name: Structure(name, tuple(Field(f[0], Elementary.of(*f[1:])) for f in entry["fields"]), entry["text"])
        for name, entry in described.items()
    }
    modules = {name: entry for file in _MODULES for name, entry in read_metadata(file).items()}
    return Catalogue(system_id, {name: _module(name, entry, structures) for name, entry in modules.items()}, structures)


def _module(name: str, entry: dict[str, Any], structures: Mapping[str, Structure]) -> FunctionModule:
    parameters = tuple(_parameter(p, structures) for p in entry["parameters"])
    return FunctionModule(name, parameters, Kind[entry["kind"].upper()], tuple(entry["exceptions"]))


def _parameter(source: dict[str, Any], structures: Mapping[str, Structure]) -> Parameter:
    direction = Direction[source["direction"].upper()]
    if "line" in source:
        line = structures[source["line"]]
        type_: Type = Table(line) if direction is Direction.TABLES else line
    else:
        type_ = Elementary.of(source["type"], source["length"], source.get("decimals", 0))
    return Parameter(source["name"], direction, type_, source.get("optional", False), source.get("default", ""))
