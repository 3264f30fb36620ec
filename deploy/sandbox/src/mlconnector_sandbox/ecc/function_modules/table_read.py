"""RFC_READ_TABLE."""

from collections.abc import Callable, Mapping

from .. import bulk_table
from ..call import Call
from ..errors import abap_exception
from ..open_sql import OptionNotValidError, parse
from ..schema import TableSchema
from ..table_read import LINE_LENGTH, Layout, read_rows

__all__ = ["MODULES"]


def _read_table(call: Call) -> None:
    schema = _schema(call)
    layout = _layout(call, schema)
    call.answer["FIELDS"] = _describe(call, layout)
    try:
        call.answer["DATA"] = [(line,) for line in _select(call, schema, layout)]
    except OptionNotValidError as error:
        raise abap_exception("OPTION_NOT_VALID", "SV", "E", "029", str(error)) from error


def _select(call: Call, schema: TableSchema, layout: Layout) -> list[str]:
    condition = parse((row["TEXT"] for row in call.table("OPTIONS")), schema)
    if call.value("NO_DATA").strip():
        return []
    window = max(call.value("ROWSKIPS"), 0), max(call.value("ROWCOUNT"), 0)
    if schema is bulk_table.SCHEMA:
        return bulk_table.read_rows(layout, condition, call.system.options.bulk_rows, window)
    return read_rows(call.system.database, schema, layout, condition, call.session.user.client, window)


def _schema(call: Call) -> TableSchema:
    name = str(call.value("QUERY_TABLE"))
    schema = bulk_table.SCHEMA if name == bulk_table.SCHEMA.name else call.system.database.schemas.get(name)
    if schema is None or not schema.readable:
        raise abap_exception("TABLE_NOT_AVAILABLE", "SV", "E", "029", name)
    if not call.session.user.may_read(name):
        raise abap_exception("NOT_AUTHORIZED", "SV", "E", "029", name)
    return schema


def _layout(call: Call, schema: TableSchema) -> Layout:
    wanted = [row["FIELDNAME"] for row in call.table("FIELDS")] or [c.name for c in schema.columns]
    for name in wanted:
        if name not in schema.by_name:
            raise abap_exception("FIELD_NOT_VALID", "SV", "E", "029", name)
    delimiter = call.value("DELIMITER").strip()
    layout = Layout(tuple(schema.by_name[name] for name in wanted), "" if delimiter == "SPACE" else delimiter)
    if layout.length > LINE_LENGTH:
        raise abap_exception("DATA_BUFFER_EXCEEDED", "SV", "E", "559")
    return layout


def _describe(call: Call, layout: Layout) -> list[list[object]]:
    types = {"NUMC": "N", "DATS": "D", "TIMS": "T", "CURR": "P", "DEC": "P", "QUAN": "P", "INT4": "X", "INT1": "b"}
    return [
        call.write(
            "FIELDS",
            {
                "FIELDNAME": column.name,
                "OFFSET": f"{offset:06d}",
                "LENGTH": f"{column.length:06d}",
                "TYPE": types.get(column.abap, "C"),
                "FIELDTEXT": column.name,
            },
        )
        for column, offset in zip(layout.columns, layout.offsets, strict=True)
    ]


MODULES: Mapping[str, Callable[[Call], None]] = {"RFC_READ_TABLE": _read_table}
