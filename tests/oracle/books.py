"""The product's way from an order's documents to SAP's books, in one process: read, planned, built, posted, read back.

Every document goes over the wire protocol into an ECC simulator, which checks it as SAP would and commits it.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.reconcile.plan import Decision, Entry, Owe, Park, Plan, plan
from mlconnector_relay.sap.facts import StoreFacts
from mlconnector_relay.sap.mapping import Mapping, load_mapping
from mlconnector_sandbox.ecc import fixture
from mlconnector_sandbox.ecc.books import DocumentKey
from mlconnector_shared.bapi import content_digest

from tests.support.ecc import Ecc, an_ecc, codes

from .goods import Stage
from .sums import Sums

__all__ = ["Books", "Refused", "books", "mapping_text", "mappings"]

STORE = StoreFacts("acme", "abc123", "B1", datetime(2026, 1, 1, tzinfo=UTC), timezone="Europe/London")
MAPPING = Path(__file__).with_name("mapping.toml")

TAX_CODES = {"AV": "19", "B0": "0", "E0": "0", "F1": "20", "N1": "21", "T1": "20", "T2": "20", "X0": "0"}
REVENUES = ["800010", "800020", "808200", "808300"]
LIABILITIES = ["176100"]


class Refused(AssertionError):
    """SAP did not take a document."""


def mapping_text(stage: Stage, options: Iterable[str]) -> str:
    """Return the mapping an order is posted by at one stage of its life."""
    text = MAPPING.read_text("utf-8").replace("# @options@", "\n".join(options))
    for old, new in stage.changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def mappings(stages: Sequence[Stage], options: Iterable[str]) -> list[dict[str, Any]]:
    """Return the mapping of each stage as plain data."""
    chosen = list(options)
    return [tomllib.loads(mapping_text(stage, chosen)) for stage in stages]


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
    with an_ecc(state, known) as ecc:
        yield Books(ecc)


class Books:
    """An ECC simulator's books, and what the relay does to fill them."""

    def __init__(self, ecc: Ecc) -> None:
        self._system = ecc.system
        self._client = ecc.connect()
        self._mappings: dict[str, Mapping] = {}

    def after(self, stages: Sequence[Stage], options: Iterable[str]) -> Sums:
        """Let an order live through its stages, and return the sums of the documents that SAP has of it then."""
        chosen, entries, keys, decided = list(options), list[Entry](), list[str](), list[Decision]()
        for stage in stages:
            mapping = self._mapping(mapping_text(stage, chosen))
            snapshot = OrderSnapshot.model_validate(stage.documents)
            for _ in range(20):
                found = self._plan(snapshot, entries, mapping, decided)
                if isinstance(found, Park) and (decisions := _decisions(found, stage, decided)):
                    decided += decisions
                    continue
                if not isinstance(found, Owe):
                    break
                keys.append(self._post(found))
                entries.append(_entry(found, snapshot, keys[-1]))
            else:
                raise AssertionError("it never ends")
        return self._sums(keys)

    def _plan(
        self, snapshot: OrderSnapshot, entries: Sequence[Entry], mapping: Mapping, decided: Sequence[Decision]
    ) -> Plan:
        return plan(snapshot, sorted(entries, key=lambda one: one.posting_id), mapping, STORE, decided)

    def _mapping(self, text: str) -> Mapping:
        if text not in self._mappings:
            self._mappings[text] = load_mapping(text, "oracle.toml")
        return self._mappings[text]

    def _post(self, owed: Owe) -> str:
        call = owed.built.call
        header = {**call.parameters["DOCUMENTHEADER"], "USERNAME": "MLC_RFC"}
        answer = self._client.call(call.function, **{**call.parameters, "DOCUMENTHEADER": header})
        key = str(answer["OBJ_KEY"]).strip()
        if key == "$":
            self._client.call("BAPI_TRANSACTION_ROLLBACK")
            raise Refused(f"{owed.step.posting_id}: {codes(answer)}")
        self._client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
        return key

    def _sums(self, keys: Iterable[str]) -> Sums:
        sums: dict[tuple[str, ...], int] = {}
        for key in keys:
            document: DocumentKey = ("100", key[10:14], key[:10], key[14:18])
            for what, amount in self._lines(document):
                sums[what] = sums.get(what, 0) + amount
        return {key: (amount, amount) for key, amount in sums.items() if amount}

    def _lines(self, document: DocumentKey) -> Iterator[tuple[tuple[str, ...], int]]:
        held = self._system.books
        header = held.header(document)
        assert header is not None
        head = (header["BUKRS"], header["BLART"], header["BUDAT"], header["WWERT"], header["WAERS"])
        for row in held.lines("BSEG", document):
            amount = -row["WRBTR"] if row["SHKZG"] == "H" else row["WRBTR"]
            if row["KOART"] == "D":
                yield (*head, "customer", row["KUNNR"].lstrip("0"), row["SHKZG"]), amount
            elif row["BUZID"] != "T":
                yield (*head, "account", row["HKONT"].lstrip("0"), row["KOSTL"].lstrip("0"), row["MWSKZ"]), amount
                if row["MWSKZ"]:
                    yield (*head, "net", row["MWSKZ"]), amount
        for row in held.lines("BSET", document):
            sign = -1 if row["SHKZG"] == "H" else 1
            yield (*head, "tax", row["MWSKZ"]), sign * row["FWSTE"]
            yield (*head, "base", row["MWSKZ"]), sign * row["FWBAS"]


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
