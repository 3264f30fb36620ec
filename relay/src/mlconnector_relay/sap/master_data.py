"""Whether what a mapping names exists in SAP, is open and allowed, at a day; pure.

A check is a generator: it yields reads of tables, is sent the rows (or the sentence why they could not be read), and
returns everything it found. Whoever drives it knows the way to SAP.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from mlconnector_shared.envelope import ReadTable

from . import master_tables as tables
from .findings import Finding
from .mapping_file import MappingFile
from .named import Named, NamedKind, named_in
from .text import spelled_day

__all__ = ["Answer", "Examination", "examine"]

Row = Sequence[str]
Answer = list[list[str]] | str
"""Rows of a read, or the sentence why there are none."""

Examination = Generator[ReadTable, Answer, list[Finding]]
Reading = Generator[ReadTable, Answer, list[list[str]]]
Judging = Generator[ReadTable, Answer, None]

PRIMARY_COSTS: Final = "01"
REVENUES: Final = "11"
OUTPUT_TAX: Final = "A"

NO_TAX: Final = {"": "takes no tax code", "-": "takes input tax only", "<": "is an account of input tax"}
"""What an account's tax category (SKB1-MWSKZ) forbids a line with an output tax code."""


def examine(file: MappingFile, day: str) -> Examination:
    """Check everything a mapping names.

    Args:
        file: the mapping.
        day: when it must be valid and open, `YYYYMMDD`.
    """
    named = list(named_in(file))
    check = _Check(file, day)
    for place, company in enumerate(file.company_codes):
        code = company.company_code
        if code not in {one.company_code for one in file.company_codes[:place]}:
            yield from check.company(code, place, [one for one in named if one.company_code == code])
    return check.findings


class _UnreadableError(Exception):
    """A table cannot be read: what is checked by it is left out, and told once."""


@dataclass
class _Check:
    file: MappingFile
    day: str
    findings: list[Finding] = field(default_factory=list)
    _known: dict[ReadTable, Answer] = field(default_factory=dict)

    def company(self, code: str, place: int, named: list[Named]) -> Judging:
        """Check what one company code is named with."""
        try:
            row = yield from self._one(tables.company(code))
            area = yield from self._one(tables.controlling_area(code))
        except _UnreadableError:
            return
        if not row:
            loc = ("company_codes", place, "company_code")
            self._tell(loc, f"company code {code} does not exist (table T001); nothing of it was checked")
            return
        chart, country = row
        for part in (
            self._accounts(_of(named, "gl_account"), code, chart, area[0] if area else ""),
            self._dated(_of(named, "cost_center"), "cost center", lambda v: tables.cost_centers(code, v)),
            self._profit_centers(_of(named, "profit_center"), area[0] if area else ""),
            self._orders(_of(named, "internal_order")),
            self._wbs_elements(_of(named, "wbs_element")),
            self._tax_codes(_of(named, "tax_code"), country),
            self._jurisdictions(_of(named, "jurisdiction"), country),
            self._customers([*_of(named, "one_time_customer"), *_of(named, "customer")]),
            *(self._listed(_of(named, kind), read, said) for kind, read, said in _lists(code)),
            self._reversal_reasons(_of(named, "reversal_reason")),
            self._document_types(_of(named, "document_type"), {"D": "customers", "S": "G/L accounts"}),
            self._document_types(_of(named, "transfer_type"), {"S": "G/L accounts"}),
        ):
            try:
                yield from part
            except _UnreadableError:
                continue

    def _accounts(self, named: list[Named], code: str, chart: str, area: str) -> Judging:
        values = {one.value for one in named}
        if not values:
            return
        in_chart = yield from self._keyed(tables.accounts_of_chart(chart, values))
        in_company = yield from self._keyed(tables.accounts_of_company(code, values))
        elements = yield from self._valid(tables.cost_elements(area, values))
        centers = {one.cost_center for one in named if one.cost_center}
        locks = (yield from self._valid(tables.cost_centers(code, centers))) if centers else {}
        for one in named:
            general, local = in_chart.get(one.value), in_company.get(one.value)
            if general is None:
                self._tell(
                    one.loc, f"account {one.value} does not exist in chart of accounts {chart}; create it (FS00)"
                )
            elif local is None:
                sentence = f"account {one.value} exists in chart {chart}, not in company code {code}; extend it (FS00)"
                self._tell(one.loc, sentence)
            else:
                self._account(one, general, local)
                category = elements[one.value][3] if one.value in elements else ""
                self._assignment(one, category, locks.get(one.cost_center))

    def _account(self, one: Named, general: Row, local: Row) -> None:
        said = f"account {one.value} in company code {one.company_code}"
        _, chart_block, chart_deletion = general
        _, block, deletion, reconciliation, tax, untaxed = local
        if chart_block or block:
            self._tell(one.loc, f"{said} is blocked for posting; unblock it (FS00), or name another")
        if chart_deletion or deletion:
            self._tell(one.loc, f"{said} is marked for deletion; name another", warning=True)
        if reconciliation:
            self._tell(one.loc, f"{said} is a reconciliation account, which takes no direct posting; name another")
        if one.taxed and tax in NO_TAX:
            self._tell(
                one.loc, f"{said} {NO_TAX[tax]}, and is posted with one; change its tax category, or name another"
            )
        if one.taxed is False and tax and not untaxed:
            sentence = f"{said} needs a tax code, and is posted without; permit that (FS00), or name another"
            self._tell(one.loc, sentence)

    def _assignment(self, one: Named, category: str, center: Row | None) -> None:
        said = f"account {one.value} in company code {one.company_code}"
        if category and not one.objects:
            sentence = (
                f"{said} is a cost element and needs a CO object; give cost_center, internal_order or wbs_element"
            )
            self._tell(one.loc, sentence)
        for wanted, lock, what in ((PRIMARY_COSTS, 3, "primary costs"), (REVENUES, 4, "revenues")):
            if center and category == wanted and center[lock]:
                sentence = f"cost center {one.cost_center} is locked for {what}, which {said} posts; unlock it (KS02)"
                self._tell((*one.loc[:-1], "cost_center"), sentence)

    def _dated(
        self, named: list[Named], what: str, read: Callable[[set[str]], ReadTable], lock: int | None = None
    ) -> Judging:
        values = {one.value for one in named}
        found = (yield from self._valid(read(values))) if values else {}
        for one in named:
            said = f"{what} {one.value}"
            row = found.get(one.value)
            if row is None:
                sentence = f"{said} does not exist in company code {one.company_code} or is not valid on {self._on}"
                self._tell(one.loc, f"{sentence}; create or extend it, or name another")
            elif lock is not None and row[lock]:
                self._tell(one.loc, f"{said} is locked; unlock it, or name another")

    def _profit_centers(self, named: list[Named], area: str) -> Judging:
        yield from self._dated(named, "profit center", lambda v: tables.profit_centers(area, v), lock=3)

    def _orders(self, named: list[Named]) -> Judging:
        for one in named:
            row = yield from self._one(tables.internal_order(one.company_code, one.value))
            said = f"internal order {one.value}"
            if not row:
                self._tell(one.loc, f"{said} does not exist in company code {one.company_code}; name another")
            elif row[1]:
                self._tell(one.loc, f"{said} is marked for deletion; name another")
            elif row[2]:
                self._tell(one.loc, f"{said} is technically completed; ask controlling", warning=True)

    def _wbs_elements(self, named: list[Named]) -> Judging:
        for one in named:
            row = yield from self._one(tables.wbs_element(one.value))
            said = f"WBS element {one.value}"
            if not row or row[0] != one.company_code:
                self._tell(one.loc, f"{said} does not exist in company code {one.company_code}; name another")
            elif row[2] or not row[1]:
                self._tell(one.loc, f"{said} takes no postings: no account assignment element, or to be deleted")

    def _tax_codes(self, named: list[Named], country: str) -> Judging:
        if not named:
            return
        row = yield from self._one(tables.procedure(country))
        codes = (yield from self._keyed(tables.tax_codes(row[0]))) if row else {}
        for one in named:
            found = codes.get(one.value)
            if found is None:
                sentence = f"tax code {one.value} does not exist in the tax procedure of country {country}"
                self._tell(one.loc, f"{sentence}; name another (FTXP lists them)")
            elif found[1] != OUTPUT_TAX:
                self._tell(one.loc, f"tax code {one.value} is one of input tax; sales need output tax")
            elif found[2]:
                self._tell(one.loc, f"tax code {one.value} is inactive; name another")
            else:
                yield from self._rate(one, country)

    def _jurisdictions(self, named: list[Named], country: str) -> Judging:
        if not named:
            return
        row = yield from self._one(tables.procedure(country))
        for one in named if row else ():
            if not (yield from self._one(tables.jurisdiction(row[0], one.value))):
                sentence = f"tax jurisdiction {one.value} does not exist in the tax procedure of country {country}"
                self._tell(one.loc, f"{sentence}; name another (OBCP lists them)")

    def _rate(self, one: Named, country: str) -> Judging:
        facts = self.file.tax_codes[one.value]
        conditions = yield from self._read(tables.condition(country, one.value))
        if not conditions:
            return
        known = {condition: record for condition, record in conditions}  # noqa: C416  rows are lists
        loc = ("tax_codes", one.value, "condition_key")
        if facts.condition_key not in known:
            said = ", ".join(sorted(known))
            self._tell(
                loc, f"tax code {one.value} has the conditions {said}, not {facts.condition_key}; name one of them"
            )
            return
        row = yield from self._one(tables.rate(known[facts.condition_key]))
        rate = _percent(row[0]) if row else None
        if rate is not None and facts.rate is not None and rate != facts.rate:
            sentence = f"tax code {one.value} has {rate} % in country {country} in SAP; correct the rate or the code"
            self._tell((*loc[:2], "rate"), sentence)

    def _customers(self, named: list[Named]) -> Judging:
        for one in named:
            said = f"customer {one.value}"
            general = yield from self._one(tables.customer(one.value))
            local = yield from self._one(tables.customer_in_company(one.company_code, one.value))
            if not general or not local:
                where = f"in company code {one.company_code}" if general else "at all"
                self._tell(one.loc, f"{said} does not exist {where}; create or extend it (FD01)")
                continue
            if one.kind == "one_time_customer" and not general[0]:
                self._tell(one.loc, f"{said} is no one-time customer (account group); it cannot take an address")
            if one.kind == "customer" and general[0]:
                self._tell(one.loc, f"{said} is a one-time customer, which needs an address; name it one_time_customer")
            if general[1] or local[0]:
                self._tell(one.loc, f"{said} is blocked for posting; unblock it (FD05)")
            if general[2] or local[1]:
                self._tell(one.loc, f"{said} is marked for deletion; name another", warning=True)

    def _listed(self, named: list[Named], read: ReadTable, missing: str) -> Judging:
        known = (yield from self._keyed(read)) if named else {}
        for one in named:
            if one.value not in known:
                self._tell(one.loc, missing.format(one.value))

    def _reversal_reasons(self, named: list[Named]) -> Judging:
        known = (yield from self._keyed(tables.REVERSAL_REASONS)) if named else {}
        for one in named:
            said, row = f"reversal reason {one.value}", known.get(one.value)
            if row is None:
                self._tell(one.loc, f"{said} does not exist (table T041C lists them)")
            elif one.loc[-1] == "reversal_reason_other_period" and not row[1]:
                sentence = f"{said} allows no posting date but the document's own; name one that does"
                self._tell(one.loc, f"{sentence} (T041C-XABWD)")

    def _document_types(self, named: list[Named], needed: Mapping[str, str]) -> Judging:
        if not named:
            return
        known = yield from self._keyed(tables.DOCUMENT_TYPES)
        for one in named:
            row = known.get(one.value)
            if row is None:
                self._tell(one.loc, f"document type {one.value} does not exist (OBA7 lists them)")
            elif not set(needed) <= set(row[1]):
                types = " and ".join(f"{name} ({account_type})" for account_type, name in needed.items())
                sentence = f"document type {one.value} takes account types {row[1]}; {types} must be permitted (OBA7)"
                self._tell(one.loc, sentence)

    def _keyed(self, read: ReadTable) -> Generator[ReadTable, Answer, dict[str, list[str]]]:
        rows = yield from self._read(read)
        return {row[0]: row for row in rows}

    def _valid(self, read: ReadTable) -> Generator[ReadTable, Answer, dict[str, list[str]]]:
        """Return, by number, the rows that are valid on the day; they begin with number, last and first day."""
        rows = yield from self._read(read)
        return {row[0]: row for row in rows if row[2] <= self.day <= row[1]}

    def _one(self, read: ReadTable) -> Generator[ReadTable, Answer, list[str]]:
        """Return the only row, an empty one where there is none."""
        rows = yield from self._read(read)
        return rows[0] if rows else []

    def _read(self, read: ReadTable) -> Reading:
        if read not in self._known:
            self._known[read] = yield read
        answer = self._known[read]
        if isinstance(answer, str):
            sentence = f"table {read.table} was not read, so nothing was checked by it: {answer}"
            if all(one.sentence != sentence for one in self.findings):
                self.findings.append(Finding("sap", "warning", (), sentence))
            raise _UnreadableError
        return answer

    def _tell(self, loc: tuple[int | str, ...], sentence: str, *, warning: bool = False) -> None:
        finding = Finding("sap", "warning" if warning else "error", loc, sentence)
        if finding not in self.findings:
            self.findings.append(finding)

    @property
    def _on(self) -> str:
        return spelled_day(self.day)


def _lists(code: str) -> tuple[tuple[NamedKind, ReadTable, str], ...]:
    """Return what need only stand in its list: its kind, the list, what is said of one that does not."""
    return (
        ("payment_terms", tables.PAYMENT_TERMS, "payment terms {} do not exist (OBB8 lists them)"),
        ("payment_block", tables.PAYMENT_BLOCKS, "payment block {} does not exist (OB27 lists them)"),
        ("dunning_block", tables.DUNNING_BLOCKS, "dunning block {} does not exist (OB18 lists them)"),
        (
            "dunning_area",
            tables.dunning_areas(code),
            f"dunning area {{}} does not exist in company code {code} (OB61 lists them)",
        ),
    )


def _of(named: Iterable[Named], kind: NamedKind) -> list[Named]:
    return [one for one in named if one.kind == kind]


def _percent(text: str) -> Decimal | None:
    try:
        return (Decimal(text) / 10).normalize() + 0
    except InvalidOperation:
        return None
