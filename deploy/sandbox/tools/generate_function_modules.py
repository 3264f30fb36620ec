"""Write the ECC simulator's metadata from a file of collected facts.

The facts are one JSON file with `structures`, `functions` and `read_tables`; its path comes as the first argument or in
SAP_METADATA. The result is committed, so this runs only when the facts change:

    python deploy/sandbox/tools/generate_function_modules.py FACTS.json
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["main"]

TARGET = Path(__file__).resolve().parents[1] / "src" / "mlconnector_sandbox" / "ecc" / "metadata"

# Parameters whose type nobody has documented keep their place in the interface with this structure.
UNDOCUMENTED = "ZUNDOCUMENTED"
DIRECTIONS = {"RFC_IMPORT": "import", "RFC_EXPORT": "export", "RFC_CHANGING": "changing", "RFC_TABLES": "tables"}
# Where the facts only say that a parameter is elementary.
ELEMENTARY = {
    ("BAPI_COSTCENTER_GETDETAIL1", "LANGUAGE"): ("CHAR", 1),
    ("BAPI_PRICES_CONDITIONS", "PI_BLOCKNUMBER"): ("NUMC", 3),
}
_OPEN_ITEM = [
    ["HKONT", "CHAR", 10, 0],
    ["ZBD1T", "DEC", 3, 0],
    ["ZBD2T", "DEC", 3, 0],
    ["ZBD3T", "DEC", 3, 0],
    ["KIDNO", "CHAR", 30, 0],
    ["MABER", "CHAR", 2, 0],
]
# Columns of tables that the facts leave out: what reversal, clearing and changes of items leave behind.
COLUMNS: dict[str, list[list[Any]]] = {
    "BKPF": [["STGRD", "CHAR", 2, 0], ["XREVERSAL", "CHAR", 1, 0], ["VATDATE", "DATS", 8, 0]],
    "BSID": _OPEN_ITEM,
    "BSAD": [
        ["CPUDT", "DATS", 8, 0],
        ["MONAT", "NUMC", 2, 0],
        ["GSBER", "CHAR", 4, 0],
        ["MWSKZ", "CHAR", 2, 0],
        ["ZFBDT", "DATS", 8, 0],
        ["ZTERM", "CHAR", 4, 0],
        ["ZLSPR", "CHAR", 1, 0],
        ["REBZG", "CHAR", 10, 0],
        ["REBZJ", "NUMC", 4, 0],
        ["REBZZ", "NUMC", 3, 0],
        ["MANSP", "CHAR", 1, 0],
        ["XREF1", "CHAR", 12, 0],
        ["XREF2", "CHAR", 12, 0],
        ["XREF3", "CHAR", 20, 0],
        *_OPEN_ITEM,
    ],
}


def remoteness(text: str) -> str:
    """Say whether a function module can be called over RFC: remote, dialog (opens a screen), local or absent."""
    if "dialog" in text:
        return "dialog"
    if text.startswith("yes"):
        return "remote"
    return "absent" if text == "no" else "local"


def field(source: dict[str, Any]) -> list[Any]:
    """Reduce a field to name, ABAP type, length and decimals."""
    return [source["name"], source["abap_type"], source["length"], source["decimals"]]


def structure(source: dict[str, Any]) -> dict[str, Any]:
    """Reduce a structure to the fields that exist in ECC 6.0 and the published length to check them by."""
    matches = source.get("length_check", "").startswith(("match", "sum equals"))
    return {
        "text": source["description"],
        "complete": source["completeness"] == "full",
        "published_length": source.get("published_nuc_length") if matches else None,
        "fields": [field(f) for f in source["fields"] if f.get("in_ecc6", True)],
    }


def parameter(function: str, source: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """Reduce a parameter to direction, type, optionality and default."""
    name = source["name"]
    result: dict[str, Any] = {"name": name, "direction": DIRECTIONS[source["direction"]]}
    if (function, name) in ELEMENTARY:
        result["type"], result["length"] = ELEMENTARY[function, name]
    elif source["kind"] == "scalar":
        result |= {"type": source["abap_type"], "length": source["length"]}
        if source["decimals"]:
            result["decimals"] = source["decimals"]
    else:
        line = source.get("structure") or name.removeprefix("T_")
        result["line"] = line if line in known else UNDOCUMENTED
    for key in ("optional", "default"):
        if source.get(key):
            result[key] = source[key]
    return result


def module(name: str, source: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """Reduce a function module to its interface."""
    return {
        "text": source["short_text"],
        "group": source["function_group"].rstrip("?"),
        "kind": "absent" if source["recommended_use"] == "does-not-exist" else remoteness(source["remote_enabled"]),
        "exceptions": [e.split(" ")[0] for e in source.get("abap_exceptions") or []],
        "parameters": [parameter(name, p, known) for p in source["parameters"]],
    }


def write(path: Path, entries: dict[str, dict[str, Any]], list_key: str) -> None:
    """Write one entry per block and one field or parameter per line, so that a change reads well in a diff."""
    blocks = []
    for name, entry in entries.items():
        head = ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in entry.items() if k != list_key)
        rows = ",\n".join("    " + json.dumps(row) for row in entry[list_key])
        blocks.append(f"  {json.dumps(name)}: {{{head}, {json.dumps(list_key)}: [\n{rows}\n  ]}}")
    path.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")
    print(f"{path.name}: {len(entries)} entries")


def main(arguments: list[str]) -> None:
    """Generate structures.json, function_modules.json and tables.json."""
    facts_path = arguments[0] if arguments else os.environ.get("SAP_METADATA", "")
    if not facts_path:
        sys.exit("Give the path of the facts file as the first argument or in SAP_METADATA.")
    facts = json.loads(Path(facts_path).read_text(encoding="utf-8"))
    structures = {name: structure(s) for name, s in facts["structures"].items()}
    structures[UNDOCUMENTED] = {
        "text": "Stands for a type that is not documented publicly",
        "complete": False,
        "published_length": None,
        "fields": [["FILLER", "CHAR", 1, 0]],
    }
    tables = {
        name: {"text": t["description"], "fields": [*(field(f) for f in t["fields"]), *COLUMNS.get(name, [])]}
        for name, t in facts["read_tables"].items()
    }
    known = set(structures) | set(tables)
    modules = {name: module(name, f, known) for name, f in facts["functions"].items()}
    write(TARGET / "structures.json", structures, "fields")
    write(TARGET / "function_modules.json", modules, "parameters")
    write(TARGET / "tables.json", tables, "fields")


if __name__ == "__main__":
    main(sys.argv[1:])
