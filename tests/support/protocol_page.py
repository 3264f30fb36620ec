"""Renders the transition table for docs/reference/protocol.md: `python -m tests.support.protocol_page`."""

from itertools import groupby
from pathlib import Path

from mlconnector_shared.protocol import TRANSITIONS, Side, State

__all__ = ["PAGE", "rendered", "sections"]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "protocol.md"


def sections() -> dict[str, str]:
    """Return the generated parts of the page by the name of their marker."""
    return {"diagram": _diagram(), "transitions": _table()}


def rendered(page: str) -> str:
    """Return the page with its generated parts renewed."""
    for name, content in sections().items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(start)
        _, after = rest.split(end)
        page = before + start + content + end + after
    return page


def _names(side: Side, state: State, following: State) -> list[str]:
    return sorted(
        kind.__name__
        for (where, sender, kind), then in TRANSITIONS.items()
        if (where, sender, then) == (state, side, following)
    )


def _diagram() -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.CONNECTED}"]
    for state in State:
        moves = sorted({then for (where, _, _), then in TRANSITIONS.items() if where is state and then is not state})
        for then in moves:
            causes = [f"{side}: {', '.join(names)}" for side in Side if (names := _names(side, state, then))]
            lines.append(f"    {state} --> {then}: {' / '.join(causes)}")
    return "\n".join([*lines, f"    {State.CLOSED} --> [*]", "```"]) + "\n"


def _table() -> str:
    rows = ["| state | sender | messages | next state |", "|---|---|---|---|"]
    keys = sorted(
        {(where, sender, then) for (where, sender, _), then in TRANSITIONS.items()},
        key=lambda key: (list(State).index(key[0]), key[1], list(State).index(key[2])),
    )
    for (state, side), group in groupby(keys, key=lambda key: key[:2]):
        for _, _, then in group:
            rows.append(f"| {state} | {side} | {', '.join(_names(side, state, then))} | {then} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
