"""The floors of P3: pyrfc alone reading the same pages, as the lines that SAP sends or cut into their cells."""

import asyncio
import json
import sys
import time
from typing import Any

from pyrfc import Connection

from .bulk_fields import FIELDS, PAGE_ROWS
from .workers import answer_commands

__all__ = ["main"]


def _read(connection: Any, *, cut: bool) -> dict[str, Any]:
    began, rows, last = time.perf_counter(), 0, ""
    while True:
        answer = connection.call(
            "RFC_READ_TABLE",
            QUERY_TABLE="ZMLC_BULK",
            DELIMITER="|",
            OPTIONS=[{"TEXT": f"MATNR > '{last}'"}] if last else [],
            FIELDS=[{"FIELDNAME": name} for name in FIELDS],
            ROWCOUNT=PAGE_ROWS,
        )["DATA"]
        if not answer:
            return {"rows": rows, "per_second": rows / (time.perf_counter() - began)}
        rows += len(answer)
        if cut:
            [[cell.rstrip() for cell in row["WA"].split("|")] for row in answer]
        last = answer[-1]["WA"].split("|")[1]


async def main(plan: dict[str, Any]) -> None:
    """Read when asked to."""
    connection = Connection(**plan["connection"])

    async def act(command: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(_read, connection, cut=command["cut"])

    await answer_commands({}, act)
    connection.close()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
