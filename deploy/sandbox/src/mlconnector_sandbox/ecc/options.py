"""Options of the simulated system that are neither master data nor faults; they survive a restart."""

import json
from typing import Any

from .database import Database

__all__ = ["DEFAULT_BULK_ROWS", "Options"]

DEFAULT_BULK_ROWS = 100_000
_REWRITES, _BULK_ROWS, _REVERSALS = "reference_rewrites", "bulk_rows", "reversals_without_reference"


class Options:
    """Rewrites of reference numbers, references of reversals, and the size of the bulk table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reload()

    def reload(self) -> None:
        """Read the options again, because the database was emptied."""
        self._rewrites: dict[str, str] = json.loads(self._database.setting(_REWRITES) or "{}")
        self._unreferenced = bool(self._database.setting(_REVERSALS))
        self._bulk_rows = int(self._database.setting(_BULK_ROWS) or DEFAULT_BULK_ROWS)

    def reference(self, company_code: str, document_type: str, given: str, number: str, year: str) -> str:
        """Give the reference a document gets: the caller's, unless such documents' references are overwritten."""
        pattern = self._rewrites.get(f"{company_code}/{document_type}")
        if pattern is None:
            return given
        return pattern.format(reference=given, number=number, year=year, company_code=company_code)[:16]

    def reversal_reference(self, original: str) -> str:
        """Give the reference a reversal document gets: the original's, unless such documents get none."""
        return "" if self._unreferenced else original

    def copy_references(self, *, copied: bool) -> None:
        """Let reversal documents have the original's reference, or none."""
        self._unreferenced = not copied
        self._database.remember(_REVERSALS, "" if copied else "X")

    @property
    def rewrites(self) -> list[dict[str, Any]]:
        """List the rewrites of reference numbers."""
        return [
            {"company_code": key.split("/")[0], "document_type": key.split("/")[1], "pattern": pattern}
            for key, pattern in self._rewrites.items()
        ]

    def rewrite(self, company_code: str, document_type: str, pattern: str) -> None:
        """Overwrite the reference of such documents by a pattern; an empty one ends that."""
        pattern.format(reference="", number="", year="", company_code="")  # a bad pattern is the caller's error
        key = f"{company_code}/{document_type}"
        self._rewrites = {k: v for k, v in {**self._rewrites, key: pattern}.items() if v}
        self._database.remember(_REWRITES, json.dumps(self._rewrites))

    @property
    def bulk_rows(self) -> int:
        """Give the number of rows of the bulk table."""
        return self._bulk_rows

    def size_bulk_table(self, rows: int) -> None:
        """Set the number of rows of the bulk table."""
        self._bulk_rows = rows
        self._database.remember(_BULK_ROWS, str(rows))
