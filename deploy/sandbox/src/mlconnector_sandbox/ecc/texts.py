"""Long texts (SAPscript): saved whole, one text for each object, name, id and language."""

import json
from typing import Any

from .books import timestamp
from .database import Database, Row
from .master_data import MasterData

__all__ = ["TextKey", "Texts", "UnknownTextIdError"]

TextKey = tuple[str, str, str, str, str]  # client, object, name, id, language


class UnknownTextIdError(Exception):
    """The text object does not exist, or has no such id."""


class Texts:
    """Reads and writes texts. Saving one replaces it: doing it twice changes nothing."""

    def __init__(self, database: Database, master: MasterData) -> None:
        self._database, self._master = database, master

    def save(self, key: TextKey, lines: list[tuple[str, str]], user: str) -> None:
        """Save lines, each with its format; UnknownTextIdError if object and id are not customized."""
        client, object_, name, id_, language = key
        if self._master.find("TTXID", object_, id_) is None:
            raise UnknownTextIdError(object_, id_)
        now = timestamp()
        first = next(iter(self._headers(key)), None)
        values: dict[str, str | int] = {
            "MANDT": client,
            "TDOBJECT": object_,
            "TDNAME": name,
            "TDID": id_,
            "TDSPRAS": language,
            "TDFUSER": str(first["TDFUSER"]) if first else user,
            "TDFDATE": str(first["TDFDATE"]) if first else now[:8],
            "TDFTIME": str(first["TDFTIME"]) if first else now[8:],
            "TDLUSER": user,
            "TDLDATE": now[:8],
            "TDLTIME": now[8:],
            "TDTXTLINES": len(lines),
        }
        with self._database.transaction():
            self._database.replace("STXH", values)
            self._database.execute(
                "INSERT OR REPLACE INTO sandbox_text VALUES (?, ?, ?, ?, ?, ?)", (*key, json.dumps(lines))
            )

    def find(self, client: str, object_: str = "", name: str = "") -> list[dict[str, Any]]:
        """List texts with their headers, all or those of an object or name."""
        rows = self._database.rows(
            "SELECT h.*, t.lines FROM STXH h JOIN sandbox_text t ON t.client = h.MANDT AND t.object = h.TDOBJECT"
            " AND t.name = h.TDNAME AND t.id = h.TDID AND t.language = h.TDSPRAS"
            " WHERE h.MANDT = ? AND ? IN ('', h.TDOBJECT) AND ? IN ('', h.TDNAME) ORDER BY 2, 3, 4, 5",
            (client, object_, name),
        )
        return [{**row, "lines": json.loads(row["lines"])} for row in rows]

    def _headers(self, key: TextKey) -> list[Row]:
        condition = "MANDT = ? AND TDOBJECT = ? AND TDNAME = ? AND TDID = ? AND TDSPRAS = ?"
        return self._database.rows(f"SELECT * FROM STXH WHERE {condition}", key)  # noqa: S608 - our own condition
