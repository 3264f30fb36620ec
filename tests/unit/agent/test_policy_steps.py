"""Steps that build on a document in SAP: what the policy lets them name and do."""

import pytest
from mlconnector_agent.policy.judge import judge
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Base, Post, Work

from tests.unit.agent.test_policy import POLICY, TODAY, document

BASE = Base("180000000010002026", "B1-1000123-I")


def rule_of(work: Work) -> str:
    denial = judge(work, POLICY, TODAY)
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
