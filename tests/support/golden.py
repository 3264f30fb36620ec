"""Writes the golden files of the protocol: `python -m tests.support.golden`.

Every message kind, and a sealed call, result, receipt and anchor, as bytes of the current version, with their meaning
as JSON beside them. Keys and times are fixed (`samples`), and Ed25519 is deterministic, so that running this again
changes nothing unless the format changed. A released version's folder is never rewritten: a change of format gets a
new folder, and the old ones must stay readable.
"""

import json
from pathlib import Path

import msgspec
from mlconnector_shared import frames
from mlconnector_shared.envelope import to_bytes
from mlconnector_shared.signing import seal

from .samples import AGENT_SIGNER, CALLS, MESSAGES, RECEIPT, RELAY_SIGNER, RESULT

__all__ = ["FOLDER", "golden_files"]

FOLDER = Path(__file__).parents[1] / "unit" / "shared" / "golden" / "v1"


def golden_files() -> dict[str, tuple[bytes, object]]:
    """Return bytes and meaning of every golden file by name."""
    files: dict[str, tuple[bytes, object]] = {
        f"message-{type(message).__name__.lower()}": (frames.encode(message), message) for message in MESSAGES
    }
    for name, call in CALLS.items():
        files[f"sealed-call-{name.replace('_', '-')}"] = (seal("call", to_bytes(call), RELAY_SIGNER), call)
    files["sealed-result"] = (seal("result", to_bytes(RESULT), AGENT_SIGNER), RESULT)
    files["sealed-receipt"] = (seal("receipt", to_bytes(RECEIPT), AGENT_SIGNER), RECEIPT)
    files["sealed-anchor"] = (seal("anchor", b"head of a chain", AGENT_SIGNER), "head of a chain")
    return files


def described(meaning: object) -> str:
    """Return the meaning as JSON for people and for the test that reads it back."""
    return json.dumps(msgspec.to_builtins(meaning), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files that differ, and name them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (data, meaning) in golden_files().items():
        path = FOLDER / f"{name}.bin"
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
            path.with_suffix(".json").write_text(described(meaning), encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main()
