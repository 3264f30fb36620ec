"""Function modules that describe function modules and structures."""

from collections.abc import Callable, Mapping
from typing import Any

from ..call import Call
from ..ddic import Direction, Elementary, Kind, Parameter, RfcType, Structure, Table
from ..errors import abap_exception

__all__ = ["MODULES"]

_CLASSES = {Direction.IMPORT: "I", Direction.EXPORT: "E", Direction.CHANGING: "C", Direction.TABLES: "T"}
_EXIDS = {
    RfcType.CHAR: "C",
    RfcType.NUM: "N",
    RfcType.DATE: "D",
    RfcType.TIME: "T",
    RfcType.BCD: "P",
    RfcType.BYTE: "X",
    RfcType.INT: "I",
    RfcType.INT1: "b",
    RfcType.INT2: "s",
}
_NON_UNICODE = {"X"}


def _function_interface(call: Call) -> None:
    name = call.value("FUNCNAME")
    module = call.session.catalogue.functions.get(name)
    if module is None or module.kind is Kind.ABSENT:
        raise abap_exception("FU_NOT_FOUND", "FL", "E", "046", name)
    unicode = call.value("NONE_UNICODE_LENGTH") not in _NON_UNICODE
    call.answer["REMOTE_CALL"] = "" if module.kind is Kind.LOCAL else "R"
    call.answer["PARAMS"] = [
        call.write("PARAMS", _parameter(position, parameter, unicode=unicode))
        for position, parameter in enumerate(module.parameters, 1)
    ] + [call.write("PARAMS", {"PARAMCLASS": "X", "PARAMETER": key}) for key in module.exceptions]


def _parameter(position: int, parameter: Parameter, *, unicode: bool) -> dict[str, Any]:
    line = parameter.line
    elementary = isinstance(line, Elementary)
    return {
        "PARAMCLASS": _CLASSES[parameter.direction],
        "PARAMETER": parameter.name,
        "TABNAME": "" if isinstance(line, Elementary) else line.name,
        "EXID": _EXIDS[line.rfc] if isinstance(line, Elementary) else "h" if isinstance(parameter.type, Table) else "u",
        "POSITION": position,
        "INTLENGTH": line.uc if unicode else line.nuc,
        "DECIMALS": line.decimals if isinstance(line, Elementary) else 0,
        "DEFAULT": parameter.default if elementary else "",
        "OPTIONAL": "X" if parameter.optional else "",
    }


def _field_information(call: Call) -> None:
    name = call.value("TABNAME")
    structure = call.session.catalogue.structures.get(name)
    if structure is None:
        raise abap_exception("NOT_FOUND", "DA", "E", "300", name)
    wanted = call.value("FIELDNAME").strip()
    unicode = call.value("UCLEN").strip() != ""
    rows = _fields(structure, unicode=unicode)
    call.answer["DDOBJTYPE"] = "TRANSP" if name in call.system.database.schemas else "INTTAB"
    call.answer["DFIES_TAB"] = [call.write("DFIES_TAB", row) for row in rows if wanted in {"", row["FIELDNAME"]}]


def _fields(structure: Structure, *, unicode: bool) -> list[dict[str, Any]]:
    rows = []
    for position, (field, *offsets) in enumerate(zip(structure.fields, *structure.offsets, strict=True), 1):
        type_ = field.type
        row = {
            "TABNAME": structure.name,
            "FIELDNAME": field.name,
            "LANGU": "E",
            "POSITION": f"{position:04d}",
            "OFFSET": f"{offsets[unicode]:06d}",
            "LENG": f"{type_.length:06d}",
            "INTLEN": f"{type_.uc if unicode else type_.nuc:06d}",
            "OUTPUTLEN": f"{type_.length:06d}",
            "DECIMALS": f"{type_.decimals:06d}",
            "DATATYPE": type_.abap,
            "INTTYPE": _EXIDS[type_.rfc],
        }
        rows.append(row)
    return rows


MODULES: Mapping[str, Callable[[Call], None]] = {
    "RFC_GET_FUNCTION_INTERFACE": _function_interface,
    "DDIF_FIELDINFO_GET": _field_information,
}
