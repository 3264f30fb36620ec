"""The product's way from an order's documents to SAP's books, in one process: read, planned, built, posted, read back.

Every document goes over the wire protocol into an ECC simulator, which checks it as SAP would and commits it.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.reconcile.plan import Decision, Entry, Owe, Park, Plan, plan
from mlconnector_relay.reconcile.posted import posted_documents
from mlconnector_relay.reconcile.remapping import request
from mlconnector_relay.sap import mapping as product
from mlconnector_relay.sap.adoption import adoption_of, read_posted
from mlconnector_relay.sap.change import CHANGE
from mlconnector_relay.sap.facts import Books as Known
from mlconnector_relay.sap.facts import StoreFacts
from mlconnector_relay.sap.reversal import TYPE_CHOSEN_BY_SAP
from mlconnector_relay.sap.values import Refusal
from mlconnector_sandbox.ecc import fixture
from mlconnector_sandbox.ecc.books import DocumentKey
from mlconnector_sandbox.ecc.control.periods import Period, change
from mlconnector_sandbox.ecc.fi.clearing import cleared, find_items
from mlconnector_shared.bapi import content_digest
from mlconnector_shared.envelope import ReadTable

from tests.support.ecc import Ecc, an_ecc, codes

from .goods import Stage
from .sums import Sums

__all__ = ["Books", "Paper", "Refused", "added", "books", "mapping_text", "mappings"]

STORE = StoreFacts("acme", "abc123", "B1", datetime(2026, 1, 1, tzinfo=UTC), timezone="Europe/London")
MAPPING = Path(__file__).with_name("mapping.toml")

TAX_CODES = {"AV": "19", "B0": "0", "E0": "0", "F1": "20", "N1": "21", "T1": "20", "T2": "20", "X0": "0"}
REVENUES = ["800010", "800020", "808200", "808300"]
LIABILITIES = ["176100"]

CLOSED = "F5 201"
WITHOUT_DOCUMENT = {CLOSED, "F5 308"}
"""What SAP may say that the relay has an answer to: a period is closed, an item is cleared."""

CUSTOMER_MARKS = ("MABER", "MANSP", "XREF3", "ZLSPR", "ZTERM")
ORDERS_OWN = ("KIDNO", "ZUONR")
"""Fields of a customer's line that are told where they say something; the latter, where it is not the order."""


class Refused(AssertionError):
    """SAP did not take a document, or the order owes one for ever."""


@dataclass(frozen=True)
class Paper:
    """A document as SAP has it.

    Attributes:
        lines: what stands on which account, cost object and tax code.
    """

    sums: Sums
    lines: tuple[tuple[str, ...], ...]


@dataclass
class _Life:
    """What the relay knows of an order: its ledger, what people decided, and what SAP refused."""

    store: StoreFacts
    entries: list[Entry] = field(default_factory=list)
    closed: dict[tuple[str, str], str] = field(default_factory=dict)
    decided: list[Decision] = field(default_factory=list)

    @property
    def documents(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.object_key]


def mapping_text(stage: Stage, cart: Mapping[str, Any]) -> str:
    """Return the mapping an order is posted by at one stage of its life."""
    text = MAPPING.read_text("utf-8")
    for name in ("options", "sections"):
        text = text.replace(f"# @{name}@", "\n".join(cart.get(name, ())))
    for old, new in stage.changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def mappings(stages: Sequence[Stage], cart: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the mapping of each stage as plain data."""
    return [tomllib.loads(mapping_text(stage, cart)) for stage in stages]


@contextmanager
def books(state: Path) -> Iterator["Books"]:
    """Run an ECC simulator that knows what the oracle's mapping names."""
    known = fixture.read()
    known["tax_codes"] += [
        {"country": "DE", "code": code, "rate": rate, "condition": "MWAS", "key": "MWS"}
        for code, rate in TAX_CODES.items()
    ]
    known["accounts"] += [{"number": number, "text": number, "tax": "+", "cost_element": 11} for number in REVENUES]
    known["accounts"] += [{"number": number, "text": number} for number in LIABILITIES]
    _tax_by_jurisdiction(known)
    with an_ecc(state, known) as ecc:
        yield Books(ecc)


def _tax_by_jurisdiction(known: fixture.Fixture) -> None:
    """Add a company code whose country has that procedure: the American one has that without jurisdictions."""
    conditions = ["JR1", "JR2", "JR3", "JR4"]
    known["countries"]["PR"] = "TAXUSJ"
    known["tax_codes"].append({"country": "PR", "code": "O1", "rate": "0", "conditions": conditions, "key": "MWS"})
    known["jurisdictions"]["TAXUSJ"]["codes"] += ["NY06100000", "NY06151000"]
    company_code = {"code": "2010", "name": "Web Store East", "city": "San Juan", "country": "PR", "currency": "USD"}
    known["company_codes"].append(company_code)
    known["cost_centers"].append({"numbers": ["5990"], "company_code": "2010", "text": "Web shop East"})
    next(one for one in known["customers"] if one["number"] == "99001")["company_codes"].append("2010")


class Books:
    """An ECC simulator's books, and what the relay does to fill them."""

    def __init__(self, ecc: Ecc) -> None:
        self._system = ecc.system
        self._client = ecc.connect()
        self._mappings: dict[str, product.Mapping] = {}

    def after(self, stages: Sequence[Stage], cart: Mapping[str, Any]) -> Sums:
        """Let an order live through its stages, and return the sums of the documents that SAP has of it then."""
        return added(self.papers(stages, cart))

    def papers(self, stages: Sequence[Stage], cart: Mapping[str, Any]) -> list[Paper]:
        """Let an order live through its stages, and return the documents that SAP has of it then."""
        life, before = _Life(STORE), stages[0]
        try:
            for stage in stages:
                self._happens(before, stage, life)
                mapping = self._mapping(mapping_text(stage, cart))
                if stage.adopted and not before.adopted:
                    self._adopt(stage, life, mapping)
                self._settle(stage, life, mapping)
                before = stage
        finally:
            self._periods(before.closed, opened=True)
        heads: Counter[tuple[str, ...]] = Counter()
        return [self._paper(entry, heads) for entry in life.documents]

    def _happens(self, before: Stage, stage: Stage, life: _Life) -> None:
        """Do in SAP what somebody did there, and have people ask for what they asked for."""
        self._periods(stage.closed, opened=False)
        reopened = before.closed - stage.closed
        self._periods(reopened, opened=True)
        life.closed = {key: period for key, period in life.closed.items() if key[1][:6] not in reopened}
        if stage.remaps > before.remaps:
            asked = request(stage.documents["order"]["id"], posted_documents(life.entries))
            life.decided.append(Decision(asked.key, asked.proposal, *asked.choices, "ida"))
        if stage.cleared and not before.cleared:
            item = (_key(life.documents[0].object_key), "001")
            items = find_items(self._system.books, self._system.master, [item])
            self._system.books.write((), cleared(items, "1400000000", "20260306"))

    def _adopt(self, stage: Stage, life: _Life, mapping: product.Mapping) -> None:
        """Have the relay forget what the invoice was made of, and take it over as it stands in SAP."""
        ours = self._plan(OrderSnapshot.model_validate(stage.documents), _Life(STORE), mapping, STORE)
        assert isinstance(ours, Owe)
        (invoice,) = life.entries
        reading = read_posted(invoice.object_key, ours.built.facts.customer)
        wanted = next(reading)
        try:
            while True:
                wanted = reading.send(self._read(wanted))
        except StopIteration as end:
            found = adoption_of(ours.built.facts, end.value)
        if isinstance(found, Refusal):
            raise Refused(found.sentence)
        life.entries = [replace(invoice, facts=found.facts)]

    def _read(self, wanted: ReadTable) -> list[list[str]]:
        conditions = [f"{one.field} {one.op} '{one.value}'" for one in wanted.where]
        options = [{"TEXT": f"{'AND ' if place else ''}{one}"} for place, one in enumerate(conditions)]
        fields = [{"FIELDNAME": name} for name in wanted.fields]
        asked = {"QUERY_TABLE": wanted.table, "DELIMITER": "|", "OPTIONS": options, "FIELDS": fields}
        rows = self._client.call("RFC_READ_TABLE", **asked)["DATA"]
        return [[cell.strip() for cell in row["WA"].split("|")] for row in rows]

    def _periods(self, months: frozenset[str], *, opened: bool) -> None:
        for month in sorted(months):
            period = Period.parse(f"{month[:4]}-{month[4:]}")
            change(self._system.master, "100", "1000", "+", period, opened=opened)

    def _settle(self, stage: Stage, life: _Life, mapping: product.Mapping) -> None:
        snapshot = OrderSnapshot.model_validate(stage.documents)
        for _ in range(40):
            known = Known(snapshot.fetched_at, dict(life.closed))
            found = self._plan(snapshot, life, mapping, replace(life.store, books=known))
            if isinstance(found, Park) and (decisions := _decisions(found, stage, life.decided)):
                life.decided += decisions
                continue
            if not isinstance(found, Owe):
                return
            entry = self._post(found, snapshot, life)
            life.entries = [one for one in life.entries if one.posting_id != entry.posting_id] + [entry]
        raise Refused("it never ends")

    def _plan(self, snapshot: OrderSnapshot, life: _Life, mapping: product.Mapping, store: StoreFacts) -> Plan:
        return plan(snapshot, life.entries, mapping, store, life.decided)

    def _mapping(self, text: str) -> product.Mapping:
        if text not in self._mappings:
            self._mappings[text] = product.load_mapping(text, "oracle.toml")
        return self._mappings[text]

    def _post(self, owed: Owe, snapshot: OrderSnapshot, life: _Life) -> Entry:
        call = owed.built.call
        parameters = dict(call.parameters)
        if "DOCUMENTHEADER" in parameters:
            parameters["DOCUMENTHEADER"] = {**parameters["DOCUMENTHEADER"], "USERNAME": "MLC_RFC"}
        answer = self._client.call(call.function, **parameters)
        said = codes(answer)
        refused = [one for one in answer["RETURN"] if one["TYPE"] in "EA"]
        if refused:
            self._client.call("BAPI_TRANSACTION_ROLLBACK")
            known = WITHOUT_DOCUMENT if owed.built.document_type == TYPE_CHOSEN_BY_SAP else {CLOSED}
            reason = next((one for one in said if one in known), None)
            if reason is None:
                raise Refused(f"{owed.step.posting_id}: {said}")
            if reason == CLOSED:
                [period, *_] = [f"{one['MESSAGE_V1']}/{one['MESSAGE_V2']}" for one in refused if one["NUMBER"] == "201"]
                life.closed[owed.built.company_code, owed.built.facts.posting_day] = period
            return replace(_entry(owed, snapshot, ""), state="rejected", reason=f"sap:{reason}")
        self._client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
        is_document = owed.built.document_type != CHANGE
        return _entry(owed, snapshot, str(answer["OBJ_KEY"]).strip() if is_document else "")

    def _paper(self, entry: Entry, heads: Counter[tuple[str, ...]]) -> Paper:
        """Read a document; a further part of one is told by its step, and by the same type and dates."""
        key, step = _key(entry.object_key), entry.step
        header = self._system.books.header(key)
        assert header is not None
        names = ("BUKRS", "BLART", "BUDAT", "WWERT", "WAERS", "BLDAT", "VATDATE")
        said = [str(header[name]).strip("0") and str(header[name]) for name in names]
        first = (step.kind, str(step.ordinal), *said)
        heads[first] += 1
        head = (*said, "" if heads[first] == 1 else str(heads[first]))
        lines = list(self._lines(key, f"B1-{step.order}"))
        sums: Counter[tuple[str, ...]] = Counter()
        for what, amount in lines:
            sums[*head, *what] += amount
        return Paper(
            {one: (amount, amount) for one, amount in sums.items() if amount},
            tuple(what for what, _ in lines if what[0] == "account"),
        )

    def _lines(self, document: DocumentKey, order: str) -> Iterator[tuple[tuple[str, ...], int]]:
        held = self._system.books
        for row in held.lines("BSEG", document):
            amount = -row["WRBTR"] if row["SHKZG"] == "H" else row["WRBTR"]
            if row["KOART"] == "D":
                marks = _marks(row, order, CUSTOMER_MARKS)
                yield ("customer", row["KUNNR"].lstrip("0"), row["SHKZG"], *marks), amount
            elif row["BUZID"] != "T":
                objects = [row[name].lstrip("0") for name in ("KOSTL", "AUFNR", "PROJK")]
                which = (row["HKONT"].lstrip("0"), "+".join(one for one in objects if one), row["MWSKZ"])
                yield ("account", *which, *_marks(row, order, ("VALUT", "XREF3"))), amount
                if row["MWSKZ"]:
                    yield ("net", row["MWSKZ"]), amount
        for row in held.lines("BSET", document):
            sign = -1 if row["SHKZG"] == "H" else 1
            code = (row["MWSKZ"], row["TXJCD"]) if row["TXJCD"] else (row["MWSKZ"],)
            yield ("tax", *code), sign * row["FWSTE"]
            yield ("base", *code), sign * row["FWBAS"]


def added(papers: Iterable[Paper]) -> Sums:
    """Add documents up."""
    sums: Counter[tuple[str, ...]] = Counter()
    for paper in papers:
        for key, (amount, _) in paper.sums.items():
            sums[key] += amount
    return {key: (amount, amount) for key, amount in sums.items() if amount}


def _marks(row: Mapping[str, Any], order: str, names: Sequence[str]) -> list[str]:
    told = [(name, row[name]) for name in names if str(row[name]).strip("0")]
    told += [(name, row[name]) for name in ORDERS_OWN if row[name] not in {"", order}]
    return [f"{name}={value}" for name, value in sorted(told)]


def _key(object_key: str) -> DocumentKey:
    return ("100", object_key[10:14], object_key[:10], object_key[14:18])


def _decisions(parked: Park, stage: Stage, decided: Sequence[Decision]) -> list[Decision]:
    """Return what people decide about an order, each choice once for each thing it is asked for."""
    known = {(one.cause, one.proposal) for one in decided}
    return [
        Decision(cause.key, cause.proposal, choice, "ida")
        for cause in parked.causes
        for choice in cause.choices
        if choice in stage.choices and (cause.key, cause.proposal) not in known
    ]


def _entry(owed: Owe, snapshot: OrderSnapshot, key: str) -> Entry:
    return Entry(
        posting_id=owed.step.posting_id,
        state="posted",
        digest=content_digest(owed.built.call),
        gross=owed.built.gross,
        currency=owed.built.currency,
        object_key=key,
        snapshot_digest=snapshot.digest(),
        date_modified=snapshot.order.date_modified,
        facts=owed.built.facts,
    )
