"""Renders docs/reference/sap-messages.md from the relay's catalogue: `python -m tests.support.messages_page`."""

from pathlib import Path

from mlconnector_relay.sap.messages import MessageEntry, built_in

__all__ = ["PAGE", "rendered"]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sap-messages.md"

HEAD = """# SAP's messages

What the relay makes of a message SAP refuses a document with. How to describe further ones, or change these, without a
release: [SAP's messages](../howto/sap-messages.md). A message that stands nowhere parks its order, owner
finance, with all orders of the same class and number. This page is generated: `python -m tests.support.messages_page`.

| messages | cause | area | next step by | then | what to do | told apart by |
|---|---|---|---|---|---|---|
"""


def rendered() -> str:
    """Return the page."""
    entries = dict.fromkeys(built_in().entries.values())
    return HEAD + "\n".join(map(_row, entries)) + "\n"


def _row(entry: MessageEntry) -> str:
    then = f"retry, {entry.tries} tries, then park" if entry.then == "retry" else "park"
    apart = ", ".join(name for name in entry.variables if name)
    cells = (", ".join(entry.codes), f"`{entry.cause}`", entry.area, entry.next_step_by, then, entry.remedy, apart)
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()
