"""What a check of a mapping found: where it stands in the file, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

from .toml_lines import Location, line_of, spell_path

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at.

    Attributes:
        check: what was looked at: the store's catalog, or SAP's master data.
        severity: an error would park or refuse orders, a warning may.
        loc: where it stands in the file; empty for what is missing there.
        sentence: what is wrong and what to do.
        examples: the first of the products it is about.
        count: how many there are.
    """

    check: Literal["catalogue", "sap"]
    severity: Literal["error", "warning"]
    loc: Location
    sentence: str
    examples: tuple[str, ...] = ()
    count: int = 0

    def place(self, text: str) -> str:
        """Return line and key in the file's text; empty for what is missing there."""
        if not self.loc:
            return ""
        line = line_of(text, self.loc)
        return f"{f'line {line}, ' if line else ''}{spell_path(self.loc)}"
