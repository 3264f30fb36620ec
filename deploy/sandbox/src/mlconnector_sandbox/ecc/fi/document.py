"""From a checked posting to the rows of an accounting document."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from ..books import Document, timestamp
from ..database import Row
from ..schema import TableSchema
from .customizing import payment_days
from .posting import Amount, Line, Posting
from .rates import rate
from .taxes import conditions

__all__ = ["DocumentBuilder"]

_POSTING_KEYS = {
    ("D", "S"): "01",
    ("D", "H"): "11",
    ("S", "S"): "40",
    ("S", "H"): "50",
    ("T", "S"): "40",
    ("T", "H"): "50",
}


class DocumentBuilder:
    """Builds the rows of documents."""

    def __init__(self, schemas: Mapping[str, TableSchema]) -> None:
        self._initial = {name: schemas[name].initial for name in ("BKPF", "BSEG", "BSET", "BSEC")}

    def build(
        self, posting: Posting, number: str, *, xblnr: str, logical_system: str, transaction: str = ""
    ) -> Document:
        """Build a document with this number and reference."""
        header = self._header(posting, number, xblnr)
        header |= {"AWSYS": logical_system, "TCODE": transaction}
        key = {name: header[name] for name in ("MANDT", "BUKRS", "BELNR", "GJAHR")}
        local = _local_amounts(posting)
        items: list[Row] = []
        taxes: list[Row] = []
        addresses: list[Row] = []
        for line in posting.lines:
            amount = posting.amount(line)
            if amount is None:
                continue
            money = self._money(posting, amount, local[line.item])
            if line.kind == "T":
                tax = self._tax(posting, line, amount, local[line.item])
                taxes.append({**self._initial["BSET"], **key, "BUZEI": f"{len(taxes) + 1:03d}", **tax})
                if not amount.amount:
                    continue  # a tax line of zero leaves its trace in BSET only
                fields = {"BUZID": "T", "HKONT": tax["HKONT"], "KTOSL": tax["KTOSL"], "MWSKZ": tax["MWSKZ"]}
            else:
                fields = _customer(posting, line) if line.kind == "D" else _gl(line)
            buzei = f"{len(items) + 1:03d}"
            items.append({**self._initial["BSEG"], **key, "BUZEI": buzei, **money, **_keys(line, money), **fields})
            if line.kind == "D" and _is_one_time(posting, line):
                addresses.append({**self._initial["BSEC"], **key, "BUZEI": buzei, **_address(posting)})
        return Document(header, items, taxes, addresses)

    def _header(self, posting: Posting, number: str, xblnr: str) -> Row:
        source, date, now = posting.header, posting.posting_date, timestamp()
        year = date[:4]
        own = source["OBJ_TYPE"] not in {"", "BKPFF"}
        converted = rate(posting) or Decimal(1)
        return {
            **self._initial["BKPF"],
            "MANDT": posting.client,
            "BUKRS": posting.company_code,
            "BELNR": number,
            "GJAHR": year,
            "BLART": posting.document_type,
            "BLDAT": source["DOC_DATE"],
            "BUDAT": date,
            "MONAT": date[4:6],
            "CPUDT": now[:8],
            "CPUTM": now[8:],
            "WWERT": source["TRANS_DATE"] if source["TRANS_DATE"].strip("0") else date,
            "USNAM": source["USERNAME"],
            "XBLNR": xblnr,
            "BKTXT": source["HEADER_TXT"],
            "WAERS": posting.currency,
            "KURSF": int((converted * 100000).to_integral_value(ROUND_HALF_UP)) if converted != 1 else 0,
            "VATDATE": source["VATDATE"],
            "GLVOR": source["BUS_ACT"],
            "AWTYP": source["OBJ_TYPE"] if own else "BKPFF",
            "AWKEY": source["OBJ_KEY"] if own else f"{number}{posting.company_code:<4}{year}",
            "HWAER": posting.organisation["WAERS"],
        }

    @staticmethod
    def _money(posting: Posting, amount: Amount, local: int) -> Row:
        return {
            "SHKZG": "H" if amount.amount < 0 else "S",
            "WRBTR": abs(_internal(posting, amount.currency, amount.amount)),
            "DMBTR": abs(local),
        }

    @staticmethod
    def _tax(posting: Posting, line: Line, amount: Amount, local: int) -> Row:
        known = conditions(posting, line.text("TAX_CODE"))
        condition = next((c for c in known if line.text("COND_KEY") in {"", c.condition}), known[0])
        base = _internal(posting, amount.currency, amount.base)
        currency = str(posting.organisation["WAERS"])
        local_base = _internal(posting, currency, (amount.base * (rate(posting) or Decimal(1))))
        return {
            "MWSKZ": line.text("TAX_CODE"),
            "HKONT": line.text("GL_ACCOUNT") or condition.account,
            "SHKZG": "H" if amount.amount < 0 or (not amount.amount and amount.base < 0) else "S",
            "FWBAS": abs(base),
            "HWBAS": abs(local_base),
            "FWSTE": abs(_internal(posting, amount.currency, amount.amount)),
            "HWSTE": abs(local),
            "KTOSL": condition.key,
            "KSCHL": condition.condition,
            "KBETR": int(condition.rate * 1000),
            "TXJCD": line.text("TAXJURCODE"),
            "TXJCD_DEEP": line.text("TAXJURCODE_DEEP"),
            "TXJLV": line.text("TAXJURCODE_LEVEL"),
        }


def _internal(posting: Posting, currency: str, amount: Decimal) -> int:
    """Give an amount in the smallest units of its currency; tables show two decimals whatever the currency."""
    places = posting.master.decimals(currency)
    return int(amount.scaleb(places).to_integral_value(ROUND_HALF_UP))


def _local_amounts(posting: Posting) -> dict[str, int]:
    """Give each line's amount in the company code's currency; the largest line takes what rounding leaves."""
    currency = str(posting.organisation["WAERS"])
    converted = rate(posting) or Decimal(1)
    result: dict[str, int] = {}
    for line in posting.lines:
        given, amount = posting.amount(line, "10"), posting.amount(line)
        if amount is not None:
            value = given.amount if given else amount.amount * converted
            result[line.item] = _internal(posting, given.currency if given else currency, value)
    if result and (rest := sum(result.values())):
        result[max(result, key=lambda item: abs(result[item]))] -= rest
    return result


def _keys(line: Line, money: Row) -> Row:
    return {"KOART": "S" if line.kind == "T" else line.kind, "BSCHL": _POSTING_KEYS[line.kind, money["SHKZG"]]}


def _customer(posting: Posting, line: Line) -> Row:
    local = posting.master.find("KNB1", posting.client, line.text("CUSTOMER"), posting.company_code) or {}
    baseline, terms = line.text("BLINE_DATE"), line.text("PMNTTRMS") or str(local.get("ZTERM", ""))
    return {
        **payment_days(posting, line, terms),
        "KUNNR": line.text("CUSTOMER"),
        "HKONT": local.get("AKONT", ""),
        "UMSKZ": line.text("SP_GL_IND"),
        "ZUONR": line.text("ALLOC_NMBR"),
        "SGTXT": line.text("ITEM_TEXT"),
        "ZFBDT": baseline if baseline.strip("0") else posting.header["DOC_DATE"],
        "ZTERM": terms,
        "ZLSCH": line.text("PYMT_METH"),
        "MANSP": line.text("DUNN_BLOCK"),
        "MABER": line.text("DUNN_AREA"),
        "ZLSPR": line.text("PMNT_BLOCK"),
        "MWSKZ": line.text("TAX_CODE"),
        "XREF1": line.text("REF_KEY_1"),
        "XREF2": line.text("REF_KEY_2"),
        "XREF3": line.text("REF_KEY_3"),
        "KIDNO": line.text("PAYMT_REF"),
        "STCEG": line.text("VAT_REG_NO"),
        "PRCTR": line.text("PROFIT_CTR"),
        "PAYS_PROV": line.text("PAYS_PROV"),
        "PAYS_TRAN": line.text("PAYS_TRAN"),
    }


def _gl(line: Line) -> Row:
    return {
        "HKONT": line.text("GL_ACCOUNT"),
        "MWSKZ": line.text("TAX_CODE"),
        "KOSTL": line.text("COSTCENTER"),
        "AUFNR": line.text("ORDERID"),
        "PROJK": line.text("WBS_ELEMENT"),
        "PRCTR": line.text("PROFIT_CTR"),
        "SEGMENT": line.text("SEGMENT"),
        "ZUONR": line.text("ALLOC_NMBR"),
        "SGTXT": line.text("ITEM_TEXT"),
        "VALUT": line.text("VALUE_DATE") or "00000000",
        "TXJCD": line.text("TAXJURCODE"),
        "XREF1": line.text("REF_KEY_1"),
        "XREF2": line.text("REF_KEY_2"),
        "XREF3": line.text("REF_KEY_3"),
    }


def _is_one_time(posting: Posting, line: Line) -> bool:
    general = posting.master.find("KNA1", posting.client, line.text("CUSTOMER"))
    return general is not None and bool(general["XCPDK"])


def _address(posting: Posting) -> Row:
    given = posting.one_time
    return {
        "NAME1": given["NAME"],
        "NAME2": given["NAME_2"],
        "NAME3": given["NAME_3"],
        "NAME4": given["NAME_4"],
        "PSTLZ": given["POSTL_CODE"],
        "ORT01": given["CITY"],
        "LAND1": given["COUNTRY"] or given["COUNTRY_ISO"],
        "STRAS": given["STREET"],
        "REGIO": given["REGION"],  # codespell:ignore regio
        "SPRAS": given["LANGU_ISO"],
        "STCD1": given["TAX_NO_1"],
    }
