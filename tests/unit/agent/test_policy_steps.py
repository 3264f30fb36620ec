"""Steps that build on a document in SAP: what the policy lets them name and do."""

from dataclasses import replace
from typing import Any

import pytest
from mlconnector_agent.policy.judge import judge
from mlconnector_agent.policy.limits import Policy
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Base, Change, Post, Reverse, Work

from tests.support.postings import a_change, a_text
from tests.unit.agent.test_policy import POLICY, TODAY, document

BASE = Base("180000000010002026", "B1-1000123-I")
STEPS = replace(
    POLICY,
    function_modules=POLICY.function_modules | {"BAPI_ACC_DOCUMENT_REV_POST", "Z_MLC_DOCUMENT_CHANGE", "RFC_SAVE_TEXT"},
    reversal_reasons=frozenset({"01", "02"}),
    change_fields=frozenset({"MANSP", "ZLSPR", "SGTXT", "ZFBDT"}),
    text_ids=frozenset({"0001"}),
)


def rule_of(work: Work, policy: Policy = STEPS) -> str:
    denial = judge(work, policy, TODAY)
    return denial.rule if denial else ""


@pytest.mark.parametrize(
    ("base", "rule"),
    [
        (BASE, ""),
        (Base("180000000020002026", "B1-1000123-I"), "company_code"),
        (Base("180000000010002026", "R 4711' of shop"), ""),
        (Base("180000000010002026", ""), ""),
        (Base("18000000001000202", "B1-1000123-I"), "base"),
        (Base("18000000' 10002026", "B1-1000123-I"), "base"),
        (Base("", "B1-1000123-I"), "base"),
    ],
)
def test_a_base_is_limited_like_a_posting(base: Base, rule: str) -> None:
    """Only documents in the company codes Basis named may be asked about, under whatever reference."""
    assert rule_of(Post(BapiCall("BAPI_ACC_DOCUMENT_POST", document()), base)) == rule


def test_a_posting_on_a_base_is_still_a_posting() -> None:
    """The document's own limits hold whatever it builds on."""
    assert rule_of(Post(BapiCall("BAPI_ACC_DOCUMENT_POST", document(comp_code="2000")), BASE)) == "company_code"


def reversal(base: Base = BASE, **changes: Any) -> Reverse:
    """A reversal the policy permits; a lower-case name changes a field of REVERSAL, an upper-case one a parameter."""
    given = {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": BASE.object_key, "COMP_CODE": "1000", "REASON_REV": "01"}
    given |= {name.upper(): value for name, value in changes.items() if name.islower()}
    parameters = {"REVERSAL": given, "BUS_ACT": "RFBU"}
    parameters |= {name: value for name, value in changes.items() if name.isupper()}
    return Reverse(BapiCall("BAPI_ACC_DOCUMENT_REV_POST", parameters), base)


@pytest.mark.parametrize(
    "changes", [{}, {"reason_rev": "02", "pstng_date": "20261123"}, {"pstng_date": "00000000"}, {"pstng_date": ""}]
)
def test_our_documents_are_reversed_for_the_reasons_named(changes: dict[str, Any]) -> None:
    """On the original's date, or on one within the window."""
    assert rule_of(reversal(**changes)) == ""


def test_reversals_are_denied_by_default() -> None:
    """Neither the function module nor a reason alone permits any."""
    assert rule_of(reversal(), POLICY) == "function_module"
    assert rule_of(reversal(), replace(STEPS, reversal_reasons=frozenset())) == "reversal_reason"
    assert rule_of(reversal(), replace(POLICY, reversal_reasons=STEPS.reversal_reasons)) == "function_module"
    assert rule_of(Reverse(BapiCall("BAPI_ACC_DOCUMENT_POST", document()), BASE)) == "function_module"
    assert rule_of(Post(reversal().call)) == "function_module"


@pytest.mark.parametrize(
    ("work", "rule"),
    [
        (reversal(reason_rev="03"), "reversal_reason"),
        (reversal(reason_rev=""), "reversal_reason"),
        (reversal(reason_rev=["01"]), "value"),
        (reversal(pstng_date="20200101"), "posting_date"),
        (reversal(pstng_date="tomorrow"), "value"),
        (reversal(comp_code="2000"), "company_code"),
        (reversal(obj_type="VBRK"), "base"),
        (reversal(obj_key_r="180000000110002026"), "base"),
        (reversal(ac_doc_no="1800000001"), "field"),
        (reversal(obj_sys="OTHER"), "field"),
        (reversal(REVERSAL=[]), "value"),
        (reversal(EXTENSION=[]), "parameter"),
        (reversal(BUS_ACT=1), "value"),
        (reversal(BUS_ACT="RFBU!"), "length"),
        (reversal(Base("180000000010002026", "ZZ-1")), "reference"),
        (reversal(Base("180000000010002026", "B1-1' OR")), "reference"),
        (reversal(Base("180000000010002026", "")), "reference"),
        (reversal(Base("180000000020002026", "B1-1")), "company_code"),
    ],
)
def test_any_other_reversal_is_refused(work: Reverse, rule: str) -> None:
    """Other reasons, dates, documents and fields; the call and what is looked at are one document."""
    assert rule_of(work) == rule


KEY, REFERENCE = BASE.object_key, BASE.reference
RELEASE = a_change(KEY, REFERENCE, MANSP="", ZLSPR="", SGTXT="shipped", ZFBDT="20261123")
TEXT = a_text(KEY, REFERENCE, "DHL 1", "DHL 2")


def changed(work: Change, base: Base = BASE, customer: str = "0000004711", **parameters: Any) -> Change:
    """A change with other parameters; one that is None is left out."""
    given = {name: value for name, value in {**work.call.parameters, **parameters}.items() if value is not None}
    return Change(BapiCall(work.call.function, given), base, customer)


def rows(*pairs: tuple[str, object]) -> list[dict[str, object]]:
    return [{"FDNAME": name, "NEWVAL": value} for name, value in pairs]


def texted(**changes: str) -> Change:
    return changed(TEXT, TEXT_LINES=[{**TEXT.call.parameters["TEXT_LINES"][0], **changes}])


def test_blocks_are_released_and_fields_and_texts_set() -> None:
    """Of our documents, where Basis named function module, field and text id."""
    assert rule_of(RELEASE) == ""
    assert rule_of(TEXT) == ""


def test_changes_are_denied_by_default() -> None:
    """Neither function module nor field alone permits any."""
    assert rule_of(RELEASE, POLICY) == "function_module"
    assert rule_of(TEXT, POLICY) == "function_module"
    assert rule_of(RELEASE, replace(STEPS, change_fields=frozenset())) == "change_field"
    assert rule_of(TEXT, replace(STEPS, text_ids=frozenset())) == "text_id"
    assert rule_of(Change(BapiCall("BAPI_ACC_DOCUMENT_POST", document()), BASE)) == "function_module"


@pytest.mark.parametrize(
    ("work", "rule"),
    [
        (a_change(KEY, REFERENCE, XREF3="1Z"), "change_field"),
        (a_change(KEY, REFERENCE, WRBTR="1.00"), "change_field"),
        (a_change(KEY, REFERENCE, MANSP="A"), "change_value"),
        (a_change(KEY, REFERENCE, SGTXT="x" * 51), "length"),
        (a_change(KEY, REFERENCE, ZFBDT="soon"), "value"),
        (a_change(KEY, REFERENCE), "value"),
        (a_change(KEY, "ZZ-1", MANSP=""), "reference"),
        (changed(RELEASE, T_ACCCHG=None), "value"),
        (changed(RELEASE, T_ACCCHG=[1]), "value"),
        (changed(RELEASE, T_ACCCHG=rows(("MANSP", 1))), "value"),
        (changed(RELEASE, T_ACCCHG=[{"FDNAME": "MANSP", "OLDVAL": "A"}]), "field"),
        (changed(RELEASE, T_ACCCHG=rows(("MANSP", ""), ("MANSP", ""))), "value"),
        (changed(RELEASE, T_ACCCHG=rows(*[("SGTXT", "")] * 9)), "value"),
        (changed(RELEASE, I_TESTRUN="X"), "field"),
        (changed(RELEASE, I_BELNR="1800000001"), "base"),
        (changed(RELEASE, I_BUZEI=None), "base"),
        (changed(RELEASE, I_BUZEI="1a"), "value"),
        (changed(RELEASE, customer=""), "value"),
        (changed(RELEASE, customer="47' OR"), "value"),
        (changed(RELEASE, customer="4" * 11), "value"),
        (texted(TDID="0002"), "text_id"),
        (texted(TDOBJECT="KNA1"), "base"),
        (texted(TDNAME="100018000000012026"), "base"),
        (texted(TDLINE="x" * 133), "length"),
        (texted(TDLINE="a\nb"), "value"),
        (texted(COUNTER="001"), "field"),
        (changed(TEXT, TEXT_LINES=[]), "value"),
        (changed(TEXT, SAVEMODE="X"), "field"),
    ],
)
def test_any_other_change_is_refused(work: Change, rule: str) -> None:
    """Other fields, values, items, documents and texts; a block is never set here."""
    assert rule_of(work) == rule
