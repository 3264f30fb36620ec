"""Steps that build on a document in SAP: what the policy lets them name and do."""

from dataclasses import replace
from typing import Any

import pytest
from mlconnector_agent.policy.judge import judge
from mlconnector_agent.policy.limits import Policy
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Base, Post, Reverse, Work

from tests.unit.agent.test_policy import POLICY, TODAY, document

BASE = Base("180000000010002026", "B1-1000123-I")
STEPS = replace(
    POLICY,
    function_modules=POLICY.function_modules | {"BAPI_ACC_DOCUMENT_REV_POST"},
    reversal_reasons=frozenset({"01", "02"}),
)


def rule_of(work: Work, policy: Policy = STEPS) -> str:
    denial = judge(work, policy, TODAY)
    return denial.rule if denial else ""


@pytest.mark.parametrize(
    ("base", "rule"),
    [
        (BASE, ""),
        (Base("180000000020002026", "B1-1000123-I"), "company_code"),
        (Base("180000000010002026", "ZZ-1"), "reference"),
        (Base("180000000010002026", "B1-1' OR"), "reference"),
        (Base("180000000010002026", ""), "reference"),
        (Base("18000000001000202", "B1-1000123-I"), "base"),
        (Base("18000000' 10002026", "B1-1000123-I"), "base"),
        (Base("", "B1-1000123-I"), "base"),
    ],
)
def test_a_base_is_limited_like_a_posting(base: Base, rule: str) -> None:
    """Only documents of our stores in the company codes Basis named may be asked about."""
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
        (reversal(Base("180000000020002026", "B1-1")), "company_code"),
    ],
)
def test_any_other_reversal_is_refused(work: Reverse, rule: str) -> None:
    """Other reasons, dates, documents and fields; the call and what is looked at are one document."""
    assert rule_of(work) == rule
