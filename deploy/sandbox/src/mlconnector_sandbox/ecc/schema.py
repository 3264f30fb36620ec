"""The simulated system's tables in SQLite: as the dictionary describes them, with keys, indexes and views.

Texts are stored without trailing blanks and numbers as integers without their decimals, so that comparisons in SQL are
those of Open SQL. BSID, BSAD, BSIS and BSAS are views: SAP keeps copies of the line items, and so they cannot drift.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from .catalogue import read_metadata

__all__ = ["Column", "TableSchema", "create", "load_schemas"]

_KEYS = {
    "T000": "MANDT", "T001": "MANDT BUKRS", "T001B": "MANDT BUKRS RRCTY MKOAR BKONT", "T003": "MANDT BLART",
    "T005": "MANDT LAND1", "T007A": "MANDT KALSM MWSKZ", "TCURC": "MANDT WAERS", "TCURX": "CURRKEY",
    "TCURR": "MANDT KURST FCURR TCURR GDATU", "T030K": "MANDT KTOPL KTOSL MWSKZ LAND1",
    "A003": "MANDT KAPPL KSCHL ALAND MWSKZ", "T683S": "MANDT KVEWE KAPPL KALSM STUNR ZAEHK", "TTXD": "MANDT KALSM",
    "TKA02": "MANDT BUKRS GSBER", "NRIV": "CLIENT OBJECT SUBOBJECT NRRANGENR TOYEAR", "USR02": "MANDT BNAME",
    "BKPF": "MANDT BUKRS BELNR GJAHR", "BSEG": "MANDT BUKRS BELNR GJAHR BUZEI", "BSEC": "MANDT BUKRS BELNR GJAHR BUZEI",
    "BSET": "MANDT BUKRS BELNR GJAHR BUZEI", "KNA1": "MANDT KUNNR", "KNB1": "MANDT KUNNR BUKRS",
    "KNVV": "MANDT KUNNR VKORG VTWEG SPART", "KNVP": "MANDT KUNNR VKORG VTWEG SPART PARVW PARZA",
    "SKA1": "MANDT KTOPL SAKNR", "SKB1": "MANDT BUKRS SAKNR", "CSKA": "MANDT KTOPL KSTAR",
    "CSKB": "MANDT KOKRS KSTAR DATBI", "CSKS": "MANDT KOKRS KOSTL DATBI", "VBHDR": "VBKEY", "TTYP": "AWTYP",
    "T100": "SPRSL ARBGB MSGNR", "MARA": "MANDT MATNR", "MAKT": "MANDT MATNR SPRAS", "MARC": "MANDT MATNR WERKS",
    "MARD": "MANDT MATNR WERKS LGORT", "MVKE": "MANDT MATNR VKORG VTWEG", "MBEW": "MANDT MATNR BWKEY BWTAR",
    "A304": "MANDT KAPPL KSCHL VKORG VTWEG MATNR DATBI", "A305": "MANDT KAPPL KSCHL VKORG VTWEG KUNNR MATNR DATBI",
    "KONH": "MANDT KNUMH", "KONP": "MANDT KNUMH KOPOS",
    "TTXJ": "MANDT KALSM TXJCD", "CEPC": "MANDT PRCTR DATBI KOKRS", "AUFK": "MANDT AUFNR", "PRPS": "MANDT POSID",
    "STXH": "MANDT TDOBJECT TDNAME TDID TDSPRAS", "TTXID": "TDOBJECT TDID", "ZMLC_REFERENCE": "MANDT BUKRS XBLNR",
    "T008": "MANDT ZAHLS", "T040S": "MANDT MANSP", "T041C": "MANDT STGRD", "T052": "MANDT ZTERM ZTAGG",
    "T047M": "MANDT BUKRS MABER",
}  # fmt: skip
_VIEWS = {  # view: which line items of BSEG it shows
    "BSID": "i.KOART = 'D' AND i.AUGBL = ''",
    "BSAD": "i.KOART = 'D' AND i.AUGBL <> ''",
    "BSIS": "i.KOART = 'S' AND i.AUGBL = ''",
    "BSAS": "i.KOART = 'S' AND i.AUGBL <> ''",
}
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS BKPF_1 ON BKPF (MANDT, BUKRS, BSTAT, XBLNR)",
    "CREATE INDEX IF NOT EXISTS BSEG_K ON BSEG (MANDT, KUNNR) WHERE KUNNR <> ''",
    "CREATE INDEX IF NOT EXISTS BSEG_A ON BSEG (MANDT, BUKRS, AUGBL) WHERE AUGBL <> ''",
)
_INTERNAL = (  # what the simulator itself has to remember
    "CREATE TABLE IF NOT EXISTS sandbox_update (VBKEY TEXT PRIMARY KEY, payload BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS sandbox_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS sandbox_text (client TEXT, object TEXT, name TEXT, id TEXT, language TEXT,
    lines TEXT NOT NULL, PRIMARY KEY (client, object, name, id, language)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS sandbox_user (client TEXT, name TEXT, password TEXT NOT NULL,
    company_codes TEXT NOT NULL, tables TEXT NOT NULL, PRIMARY KEY (client, name)) WITHOUT ROWID""",
)
_NUMERIC = {"INT1", "INT2", "INT4", "DEC", "CURR", "QUAN"}
_CLIENT_COLUMNS = ("MANDT", "CLIENT")
# Cluster tables: on a real system RFC_READ_TABLE is of no use on them, so nobody may come to rely on it here.
_CLUSTERS = {"BSEG", "BSEC"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    abap: str
    length: int
    decimals: int

    @property
    def numeric(self) -> bool:
        """Tell whether values are numbers, stored as integers without their decimals."""
        return self.abap in _NUMERIC


@dataclass(frozen=True)
class TableSchema:
    """A table or view as the dictionary describes it."""

    name: str
    text: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Find a column by name."""
        return {c.name: c for c in self.columns}

    @cached_property
    def initial(self) -> dict[str, str | int]:
        """Give a row of initial values."""
        return {c.name: 0 if c.numeric else _initial(c) for c in self.columns}

    @property
    def client_column(self) -> str:
        """Name the column by which Open SQL selects the logon client; empty for tables of all clients."""
        first = self.columns[0].name
        return first if first in _CLIENT_COLUMNS else ""

    @property
    def readable(self) -> bool:
        """Tell whether RFC_READ_TABLE offers it."""
        return self.name not in _CLUSTERS

    def insert(self) -> str:
        """Give the statement that inserts a row with all columns by name."""
        names = [c.name for c in self.columns]
        return f"INSERT INTO {self.name} ({', '.join(names)}) VALUES ({', '.join(':' + n for n in names)})"  # noqa: S608

    def row(self, values: Mapping[str, str | int]) -> dict[str, str | int]:
        """Complete a row with initial values."""
        return {**self.initial, **values}


def _initial(column: Column) -> str:
    if column.abap == "NUMC":
        return "0" * column.length
    return {"DATS": "00000000", "TIMS": "000000"}.get(column.abap, "")


@cache
def load_schemas() -> dict[str, TableSchema]:
    """Read all tables from the metadata files."""
    described = {**read_metadata("tables.json"), **read_metadata("own_tables.json")}
    return {
        name: TableSchema(name, t["text"], tuple(Column(*f) for f in t["fields"]), tuple(_KEYS.get(name, "").split()))
        for name, t in described.items()
    }


def create(connection: sqlite3.Connection, schemas: Mapping[str, TableSchema]) -> None:
    """Create what does not exist yet."""
    for schema in schemas.values():
        if schema.name in _VIEWS:
            continue
        columns = [
            f"{c.name} INTEGER NOT NULL DEFAULT 0" if c.numeric else f"{c.name} TEXT NOT NULL DEFAULT '{_initial(c)}'"
            for c in schema.columns
        ]
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {schema.name} ({', '.join(columns)}, PRIMARY KEY ({', '.join(schema.key)}))"
            " WITHOUT ROWID"
        )
    for name, condition in _VIEWS.items():
        connection.execute(_view(schemas, name, condition))
    for statement in (*_INDEXES, *_INTERNAL):
        connection.execute(statement)


def _view(schemas: Mapping[str, TableSchema], name: str, condition: str) -> str:
    """Take each column from the line item, else from the header, else it is initial."""
    columns = []
    for column in schemas[name].columns:
        source = next((a for a, t in (("i", "BSEG"), ("h", "BKPF")) if column.name in schemas[t].by_name), None)
        columns.append(f"{source}.{column.name}" if source else f"'{_initial(column)}' AS {column.name}")
    return (
        f"CREATE VIEW IF NOT EXISTS {name} AS SELECT {', '.join(columns)} FROM BSEG i JOIN BKPF h"  # noqa: S608 - our own names
        f" ON h.MANDT = i.MANDT AND h.BUKRS = i.BUKRS AND h.BELNR = i.BELNR AND h.GJAHR = i.GJAHR WHERE {condition}"
    )
