"""Every table that is looked up for a mapping is one that the documented policy of the agent permits, and no more."""

import pytest
from mlconnector_agent.policy.limits import Policy, TableLimits
from mlconnector_agent.policy.reads import judge_read
from mlconnector_relay.sap import master_tables as tables
from mlconnector_shared.envelope import ReadTable

from tests.support.agent import example

VALUES = {"0000800000", "0000800100"}
READS = (
    tables.DOCUMENT_TYPES,
    tables.PAYMENT_TERMS,
    tables.PAYMENT_BLOCKS,
    tables.DUNNING_BLOCKS,
    tables.REVERSAL_REASONS,
    tables.dunning_areas("1000"),
    tables.company("1000"),
    tables.controlling_area("1000"),
    tables.accounts_of_chart("INT", VALUES),
    tables.accounts_of_company("1000", VALUES),
    tables.cost_elements("1000", VALUES),
    tables.cost_centers("1000", VALUES),
    tables.profit_centers("1000", VALUES),
    tables.internal_order("1000", "000000400100"),
    tables.wbs_element("P-1"),
    tables.procedure("DE"),
    tables.tax_codes("TAXD"),
    tables.condition("DE", "A1"),
    tables.rate("R1"),
    tables.customer("0000099000"),
    tables.customer_in_company("1000", "0000099000"),
)
DOCUMENTED = {name: frozenset(columns) for name, columns in example()["policy"]["tables"].items()}


@pytest.mark.parametrize("read", READS, ids=[read.table for read in READS])
def test_the_documented_policy_permits_each_read(read: ReadTable) -> None:
    """Its columns are exactly those the read needs: Basis grants nothing that is not used."""
    limits = {name: TableLimits(columns, 1_000_000) for name, columns in DOCUMENTED.items()}
    nothing: frozenset[str] = frozenset()
    policy = Policy(nothing, frozenset({"1000"}), nothing, {}, nothing, None, 0, 0, limits)
    assert judge_read(read, policy) is None
    assert {*read.fields, *(one.field for one in read.where)} == DOCUMENTED[read.table]


def test_a_range_has_all_that_is_asked_for() -> None:
    """From the first to the last: one read, whatever the number of accounts."""
    where = {(one.op, one.value) for one in tables.accounts_of_chart("INT", VALUES).where}
    assert where == {("EQ", "INT"), ("GE", "0000800000"), ("LE", "0000800100")}
