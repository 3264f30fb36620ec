"""Where in a TOML text a key stands; the standard library's reader tells lines of syntax errors only."""

import re

__all__ = ["Location", "line_of", "spell_path"]

Location = tuple[int | str, ...]
"""The way to a value: table names, places in lists, keys."""


def spell_path(loc: Location) -> str:
    """Write a location as people do: `accounts[3].gl_account`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".") or "file"


def line_of(text: str, loc: Location) -> int | None:
    """Return the line of a key, else of the table it belongs or should belong to, `None` where there is neither."""
    names = [str(part) for part in loc]
    lines = text.splitlines()
    start = _table(lines, loc)
    if start is None:
        return _key(lines, 0, names[:1])
    return _key(lines, start, names[1:]) or start


def _table(lines: list[str], loc: Location) -> int | None:
    names = [re.escape(str(part)) for part in loc[:2]]
    if not names:
        return None
    heads = [rf"\[\[\s*{names[0]}\s*\]\]"] if len(loc) > 1 and isinstance(loc[1], int) else []
    heads += [rf"\[\s*{'.'.join(names)}\s*\]", rf"\[\s*{names[0]}\s*\]"]
    for head in heads:
        starts = [number for number, line in enumerate(lines, 1) if re.match(rf"\s*{head}", line)]
        if starts:
            place = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
            return starts[min(place, len(starts) - 1)]
    return None


def _key(lines: list[str], start: int, names: list[str]) -> int | None:
    for number, line in enumerate(lines[start:], start + 1):
        if line.lstrip().startswith("["):
            return None
        if any(re.match(rf"\s*{re.escape(name)}\s*=", line) for name in names):
            return number
    return None
