"""Renders docs/reference/{relay,agent}-settings.md from the settings: `python -m tests.support.settings_pages`.

The relay's settings describe themselves. The agent's keys are described where Basis copies them from, in
deploy/agent/agent.example.toml, which a test of the agent holds complete; the types come from the classes.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
from mlconnector_agent.config.settings import Settings as AgentSettings
from mlconnector_relay.config import Settings as RelaySettings
from pydantic import BaseModel

__all__ = ["PAGES"]

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
AGENT_EXAMPLE = ROOT / "deploy" / "agent" / "agent.example.toml"

_KEY = re.compile(r"^(?:# )?(?P<key>[a-z_0-9]+) = .*?#(?: (?P<text>.*))?$")
_SECTION = re.compile(r"^(?:# )?\[(?P<name>[a-z.]+)\](?: *# (?P<text>.*))?")

RELAY_HEAD = """# Settings of the relay

One TOML file, named by `--config` or `MLCONNECTOR_RELAY_CONFIG`; start from
[relay.example.toml](../../deploy/relay/relay.example.toml). A variable `MLCONNECTOR_RELAY_<SECTION>__<KEY>` lies over
the file (`MLCONNECTOR_RELAY_DATABASE__URL`), lists as JSON. Unknown keys are errors; all errors are told at once.
Mapping files have [a page of their own](../howto/mapping.md). This page is generated:
`python -m tests.support.settings_pages`.
"""

AGENT_HEAD = """# Settings of the agent

One TOML file, named by `--config` or `MLCONNECTOR_AGENT_CONFIG`; start from
[agent.example.toml](../../deploy/agent/agent.example.toml), which shows every key. A variable
`MLCONNECTOR_AGENT_<SECTION>__<KEY>` lies over the file, lists and tables as JSON. Relative paths start from the file's
folder. Unknown keys are errors; all errors are told at once. What `[policy]` refuses is listed in
[gate rules](gate-rules.md). This page is generated: `python -m tests.support.settings_pages`.
"""


def _relay() -> str:
    parts = [RELAY_HEAD]
    for section, field in RelaySettings.model_fields.items():
        kind = field.annotation
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)
        parts.append(_relay_section(f"[{section}]", kind))
        for name, inner in kind.model_fields.items():
            items = [one for one in get_args(inner.annotation) if isinstance(one, type) and issubclass(one, BaseModel)]
            parts += [_relay_section(f"[[{section}.{name}]]", one) for one in items]
    return "\n".join(parts)


def _relay_section(head: str, kind: type[BaseModel]) -> str:
    properties = kind.model_json_schema()["properties"]
    required = {name for name, one in kind.model_fields.items() if one.is_required()}
    described = {name: one.get("description", "") for name, one in properties.items()}
    return f"## {head}\n\n{kind.__doc__}\n\n" + _table(properties, required, described)


def _agent() -> str:
    texts = dict(_example())
    schema = msgspec.json.schema(AgentSettings, schema_hook=lambda _: {"type": "string"})
    parts = [AGENT_HEAD]
    for field in msgspec.structs.fields(AgentSettings):
        definition = schema["$defs"][field.type.__name__]
        parts.append(f"## [{field.name}]\n\n{definition['description']}\n")
        described = {name: texts.get((field.name, name), "") for name in definition["properties"]}
        parts.append(_table(definition["properties"], set(definition.get("required", ())), described))
    return "\n".join(parts)


def _table(properties: dict[str, Any], required: set[str], described: dict[str, str]) -> str:
    rows = ["| key | takes | default | meaning |", "|---|---|---|---|"]
    for name, schema in properties.items():
        default = "*required*" if name in required else f"`{json.dumps(schema.get('default'))}`"
        default = default.replace("`null`", "unset")
        cells = [f"`{name}`", _takes(schema), default, described[name]]
        rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _takes(schema: dict[str, Any]) -> str:
    options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    return " or ".join(_kind(one) for one in options)


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "$ref" in schema:
        return "table"
    kind = {"string": "text", "boolean": "true or false", "object": "table", "array": "list"}.get(
        schema.get("type", ""), "number"
    )
    if kind == "list":
        return f"list of {_kind(schema.get('items', {'type': 'string'}))}"
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and high is not None:
        above = "above " if "exclusiveMinimum" in schema else ""
        return f"{above}{_number(low)} to {_number(high)}"
    return f"`{schema['pattern']}`" if "pattern" in schema else kind


def _number(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)


def _example() -> Iterator[tuple[tuple[str, str], str]]:
    """Read what stands behind each key; a text that ends with dots goes on at the next key."""
    section = ""
    for line in AGENT_EXAMPLE.read_text("utf-8").splitlines():
        if found := _SECTION.match(line):
            section = found["name"]
            if found["text"]:
                outer, _, key_of_table = section.partition(".")
                yield (outer, key_of_table), found["text"].strip()
        elif (key := _KEY.match(line)) and key["text"]:
            yield (section, key["key"]), key["text"].strip()


PAGES = {"relay-settings.md": _relay, "agent-settings.md": _agent}
"""The generated pages below docs/reference, and what renders each."""


def main() -> None:
    """Write both pages anew."""
    for name, render in PAGES.items():
        (REFERENCE / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
