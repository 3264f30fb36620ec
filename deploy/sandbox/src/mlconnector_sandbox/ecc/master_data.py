"""Master data and customizing: read by key with a memory, changed through the control interface."""

from collections.abc import Mapping

from .database import Database, Row

__all__ = ["MasterData"]


class MasterData:
    """Rows of master data tables by key. A row read once is remembered until anything changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[tuple[str, ...], list[Row]] = {}

    def find(self, table: str, *key: str) -> Row | None:
        """Give the row with this key, or with the leading part of it; None if there is none."""
        found = self.select(table, *key)
        return found[0] if found else None

    def select(self, table: str, *key: str) -> list[Row]:
        """Give all rows whose key begins like this."""
        remembered = self._remembered
        rows = remembered.get((table, *key))
        if rows is None:
            names = self._database.schemas[table].key[: len(key)]
            condition = " AND ".join(f"{name} = ?" for name in names)
            rows = self._database.rows(f"SELECT * FROM {table} WHERE {condition}", key)  # noqa: S608 - our own names
            # Into the memory as it was before reading: if it was dropped meanwhile, these rows may be outdated.
            remembered[(table, *key)] = rows
        return rows

    def put(self, table: str, values: Mapping[str, str | int]) -> None:
        """Insert or replace a row."""
        self._database.replace(table, values)
        self.forget()

    def change(self, table: str, key: tuple[str, ...], values: Mapping[str, str | int]) -> bool:
        """Change columns of the row with this key; False if there is none."""
        row = self.find(table, *key)
        if row is None:
            return False
        self.put(table, {**row, **values})
        return True

    def delete(self, table: str, *key: str) -> int:
        """Delete the rows whose key begins like this; give their number."""
        names = self._database.schemas[table].key[: len(key)]
        condition = " AND ".join(f"{name} = ?" for name in names)
        count = self._database.execute(f"DELETE FROM {table} WHERE {condition}", key)  # noqa: S608 - our own names
        self.forget()
        return count

    def forget(self) -> None:
        """Drop what is remembered, because tables have changed."""
        self._remembered = {}

    def decimals(self, currency: str) -> int:
        """Give the decimal places of a currency."""
        row = self.find("TCURX", currency)
        return 2 if row is None else int(row["CURRDEC"])
