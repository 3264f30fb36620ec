"""The tables of mappings: every version, and which of them was put in force when, by whom; kept like `tables`."""

from typing import Final

from sqlalchemy import BigInteger, Date, Index, Table, Text

from .columns import key, maybe, metadata, of, tenant
from .types import Moment

__all__ = ["mapping_activations", "mapping_checks", "mapping_versions"]

mapping_versions: Final = Table(
    "mapping_versions",
    metadata,
    tenant(),
    key("version", Text, "digest and declared name"),
    of("source", Text, "where it was read from"),
    of("content", Text, "the file, so that old postings can be explained"),
    of("author", Text, "who proposed it"),
    of("proposed_at", Moment, "when it was proposed"),
    comment="every mapping ever proposed; rows are never changed or deleted",
)

mapping_activations: Final = Table(
    "mapping_activations",
    metadata,
    tenant(),
    key("sequence", BigInteger, "counts from 1; the highest that applies wins"),
    of("version", Text, "the mapping put in force"),
    maybe("effective_from", Date, "for orders placed from this day on; null: for every order not posted yet"),
    of("approver", Text, "who put it in force"),
    of("reason", Text, "why, in the approver's words"),
    of("activated_at", Moment, "when"),
    comment="which mapping was put in force when; rows are never changed or deleted",
)

mapping_checks: Final = Table(
    "mapping_checks",
    metadata,
    tenant(),
    key("check_id", Text, "names the request"),
    of("sysid", Text, "SAP system"),
    of("client", Text, "SAP client"),
    of("day", Date, "when what the mapping names must be valid"),
    of("content", Text, "the mapping's text"),
    of("asked_at", Moment, "when it was asked for"),
    of("state", Text, "asked, done or failed"),
    of("result", Text, "JSON list of findings; why, where it failed"),
    maybe("finished_at", Moment, "when it was done or given up"),
    Index("mapping_checks_state_ix", "tenant", "state", "asked_at"),
    comment="mappings whose accounts and keys somebody wanted looked up in SAP",
)
