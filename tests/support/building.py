"""Building documents in tests: one call per expected outcome."""

from typing import Any

from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.document import ar_document
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.reference import StepId
from mlconnector_relay.sap.values import Built, Gap, Refusal

from tests.support.mappings import STEP, STORE, a_mapping

__all__ = ["built", "gaps", "posted", "refused", "with_parts"]


def built(snapshot: OrderSnapshot, mapping: Mapping | None = None, step: StepId = STEP) -> Built:
    """Build a document, which must succeed."""
    found = ar_document(snapshot, mapping or a_mapping(), STORE, step)
    assert isinstance(found, Built), found
    return found


def refused(snapshot: OrderSnapshot, mapping: Mapping | None = None) -> Refusal:
    """Build a document, which must be refused."""
    found = ar_document(snapshot, mapping or a_mapping(), STORE, STEP)
    assert isinstance(found, Refusal), found
    return found


def gaps(snapshot: OrderSnapshot, mapping: Mapping) -> list[str]:
    """Build a document, which must lack mappings; return their keys."""
    found = ar_document(snapshot, mapping, STORE, STEP)
    assert isinstance(found, tuple), found
    assert all(isinstance(gap, Gap) for gap in found)
    return [gap.key for gap in found]


def posted(document: Built) -> list[tuple[str, str, str, str]]:
    """Return role, account, tax code and amount of every line."""
    return [(line.role, line.account, line.tax_code, str(line.amount)) for line in document.lines]


def with_parts(snapshot: OrderSnapshot, **parts: Any) -> OrderSnapshot:
    """Return the snapshot with other parts below its order."""
    return OrderSnapshot.model_validate(snapshot.model_dump() | parts)
