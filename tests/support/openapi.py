"""OpenAPI documents as a judge: is this path, parameter, status and body what they say?

Two liberties are taken with the documents. `oneOf` is read as `anyOf`, because their alternatives overlap: none of them
has a required property, so that nearly every object is an instance of both. And since a document without required
properties accepts anything, properties it does not declare are reported as well.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from openapi_schema_validator import OAS30ReadValidator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

__all__ = ["Operation", "Specification"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMBINATIONS = ("allOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Operation:
    """What a document says about one method of one path."""

    document: str
    pointer: str
    path: str
    method: str
    body: Mapping[str, Any]
    parameters: frozenset[str]

    @property
    def statuses(self) -> frozenset[int]:
        """Give the statuses it declares."""
        return frozenset(int(status) for status in self.body["responses"])


class Specification:
    """All documents of a folder, by the version in their server's address."""

    def __init__(self, folder: Path) -> None:
        self._documents: dict[str, Any] = {}
        for file in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
            document = yaml.load(file.read_text(encoding="utf-8"), _LOADER)
            if isinstance(document, dict) and "openapi" in document:
                self._documents[file.as_uri()] = _any_of(document)
        resources = [(uri, DRAFT4.create_resource(document)) for uri, document in self._documents.items()]
        self._registry: Registry[Any] = Registry().with_resources(resources)
        self.operations = list(self._operations())

    def _operations(self) -> Iterator[Operation]:
        for uri, document in self._documents.items():
            version = urlsplit(document["servers"][0]["url"]).path.rpartition("/")[2]
            for path, item in document.get("paths", {}).items():
                shared = item.get("parameters", [])
                for method in ("get", "put", "post", "delete"):
                    if method in item:
                        escaped = path.replace("~", "~0").replace("/", "~1")
                        declared = [
                            self._resolve(uri, entry) for entry in [*shared, *item[method].get("parameters", [])]
                        ]
                        names = frozenset(entry["name"] for entry in declared if entry["in"] == "query")
                        pointer = f"/paths/{escaped}/{method}"
                        yield Operation(uri, pointer, f"/{version}{path}", method.upper(), item[method], names)

    def find(self, method: str, path: str) -> Operation | None:
        """Find the operation of a concrete path; literal segments win over parameters."""
        found = [op for op in self.operations if op.method == method and _pattern(op.path).fullmatch(path)]
        return min(found, key=lambda op: op.path.count("{"), default=None)

    def schema(self, name: str) -> tuple[str, Any] | None:
        """Find a named schema in any document; gives the document too."""
        for uri, document in self._documents.items():
            schemas = document.get("components", {}).get("schemas", {})
            if name in schemas:
                return uri, schemas[name]
        return None

    def response_schema(self, operation: Operation, status: int) -> tuple[str, Any] | None:
        """Give the schema of an operation's JSON answer."""
        response = self._resolve(operation.document, operation.body["responses"][str(status)])
        content = response.get("content", {}).get("application/json")
        return None if content is None or "schema" not in content else (operation.document, content["schema"])

    def violations(self, uri: str, schema: Any, value: Any) -> list[str]:
        """List what in a value the schema does not allow, and what it does not know."""
        rooted = {"$ref": f"{uri}#{_pointer(self._documents[uri], schema)}"}
        validator = OAS30ReadValidator(rooted, registry=self._registry, format_checker=oas30_format_checker)
        broken = [f"{_place(error.absolute_path)}: {error.message[:160]}" for error in validator.iter_errors(value)]
        return broken + [f"{place}: not declared" for place in self._undeclared(uri, schema, value, "")]

    def _undeclared(self, uri: str, schema: Any, value: Any, place: str) -> Iterator[str]:
        properties, items, closed = self._shape(uri, schema)
        if isinstance(value, list):
            for entry in value:
                yield from self._least(uri, items, entry, f"{place}/*")
        elif isinstance(value, dict) and properties and closed:
            for name, inner in value.items():
                if name not in properties:
                    yield f"{place}/{name}"
                    continue
                yield from self._least(uri, properties[name], inner, f"{place}/{name}")

    def _least(self, uri: str, alternatives: list[Any], value: Any, place: str) -> list[str]:
        """Give what the alternative that fits best does not know."""
        complaints = [list(self._undeclared(uri, schema, value, place)) for schema in alternatives]
        return min(complaints, key=len, default=[])

    def _shape(self, uri: str, schema: Any) -> tuple[dict[str, list[Any]], list[Any], bool]:
        """Merge what a schema and its combinations declare: properties, items, and whether others are unexpected."""
        schema = self._resolve(uri, schema)
        properties = {name: [sub] for name, sub in schema.get("properties", {}).items()}
        items = [schema["items"]] if isinstance(schema.get("items"), dict) else []
        closed = not schema.get("additionalProperties", False)
        for part in [part for word in _COMBINATIONS for part in schema.get(word, [])]:
            more, more_items, more_closed = self._shape(uri, part)
            for name, subs in more.items():
                properties.setdefault(name, []).extend(subs)
            items += more_items
            closed = closed and more_closed
        return properties, items, closed

    def _resolve(self, uri: str, value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            value = self._registry.resolver(uri).lookup(value["$ref"]).contents
        return value


def _any_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {"anyOf" if key == "oneOf" else key: _any_of(inner) for key, inner in value.items()}
    return [_any_of(inner) for inner in value] if isinstance(value, list) else value


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)))


def _place(path: Any) -> str:
    return "".join("/*" if isinstance(part, int) else f"/{part}" for part in path)


def _pointer(document: Any, wanted: Any) -> str:
    """Find where in a document a schema stands, so that its own references resolve from there."""
    stack: list[tuple[str, Any]] = [("", document)]
    while stack:
        place, value = stack.pop()
        if value is wanted:
            return place
        if isinstance(value, dict):
            stack += [
                (f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}", inner) for key, inner in value.items()
            ]
        elif isinstance(value, list):
            stack += [(f"{place}/{index}", inner) for index, inner in enumerate(value)]
    raise LookupError("the schema is not part of the document")
