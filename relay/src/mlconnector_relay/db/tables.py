"""The tables, every column commented; a test replays the migrations and demands zero difference to this file.

All keys begin with the tenant, so that tables can be distributed by it. Times are UTC. `bytes` of secrets and of
personal data are encrypted by `trail.vault` before they come here.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text

from .types import Moment, Money

__all__ = [
    "agent_certificates",
    "agent_keys",
    "agent_slots",
    "agents",
    "alerts",
    "anchors",
    "audit_batches",
    "audit_chains",
    "audit_records",
    "enrolment_tokens",
    "envelopes",
    "inbox",
    "job_causes",
    "jobs",
    "ledger",
    "mapping_versions",
    "meta",
    "metadata",
    "payloads",
    "stores",
    "subject_keys",
    "tenants",
    "writer_leases",
]

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "%(column_0_N_label)s_ix",
    }
)


def _key(name: str, kind: Any, comment: str) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False, comment=comment)


def _tenant() -> Column[Any]:
    return _key("tenant", Text, "the tenant the row belongs to")


def _of(name: str, kind: Any, comment: str) -> Column[Any]:
    return Column(name, kind, nullable=False, comment=comment)


def _maybe(name: str, kind: Any, comment: str) -> Column[Any]:
    return Column(name, kind, nullable=True, comment=comment)


meta: Final = Table(
    "meta",
    metadata,
    _key("tenant", Text, "empty: the row describes the whole database"),
    _of("incarnation", Text, "identity of this database; a new one after every recovery"),
    _of("created_at", Moment, "when the database was created"),
    comment="the database itself",
)

tenants: Final = Table(
    "tenants",
    metadata,
    _tenant(),
    _of("name", Text, "what people call it"),
    _of("created_at", Moment, "when it was added"),
    comment="merchants served by this relay",
)

stores: Final = Table(
    "stores",
    metadata,
    _tenant(),
    _key("store_hash", Text, "the store's id in BigCommerce's API paths"),
    _of("store_code", Text, "one or two characters in every reference; never reused within an SAP client"),
    _of("sysid", Text, "SAP system the store posts to"),
    _of("client", Text, "SAP client the store posts to"),
    _of("api_url", Text, "base address of the store's REST API"),
    _of("access_token", LargeBinary, "encrypted REST token"),
    _of("client_secrets", LargeBinary, "encrypted client secrets, newest first, two while rotating"),
    _of("hook_secret", LargeBinary, "encrypted random header of the webhooks"),
    _of("timezone", Text, "IANA name; decides the posting date"),
    _of("currency", Text, "the store's default currency"),
    _maybe("tax_inclusive", Boolean, "whether prices are entered with tax; null where the store does not say"),
    _of("cut_over", Moment, "orders created before are not ours; never changes"),
    _of("webhooks", Text, "ids of the registered webhooks, JSON"),
    _of("active", Boolean, "whether its callbacks and jobs are served"),
    _maybe("swept_until", Moment, "the sweep has seen every order modified before"),
    _of("created_at", Moment, "when it was added"),
    _of("updated_at", Moment, "when its settings last changed"),
    Index("stores_store_hash_ix", "store_hash", unique=True),
    Index("stores_store_code_ix", "tenant", "sysid", "client", "store_code", unique=True),
    comment="BigCommerce stores",
)

agents: Final = Table(
    "agents",
    metadata,
    _tenant(),
    _key("instance", Text, "the agent's name, also its certificate's common name"),
    _of("sysid", Text, "SAP system it serves"),
    _of("client", Text, "SAP client it serves"),
    _of("state", Text, "enrolled, quarantined or revoked"),
    _of("state_reason", Text, "why it is quarantined or revoked"),
    _of("boot_id", Text, "its last start, as it said in hello"),
    _of("journal_id", Text, "identity of its journal"),
    _of("journal_sequence", BigInteger, "highest position of its journal ever seen"),
    _of("acknowledged_sequence", BigInteger, "highest journal position whose outcome is recorded here"),
    _of("agent_version", Text, "its version, as it said in hello"),
    _maybe("last_seen_at", Moment, "last hello"),
    _of("created_at", Moment, "first enrolment"),
    comment="installed agents",
)

agent_slots: Final = Table(
    "agent_slots",
    metadata,
    _tenant(),
    _key("instance", Text, "the agent"),
    _key("slot", Integer, "which of its connections"),
    _of("generation", BigInteger, "grows with every session; the highest is the only live one"),
    _of("session_id", Text, "the newest session"),
    _of("relay_id", Text, "the relay process that holds it"),
    _of("since", Moment, "when that session began"),
    comment="sessions are fenced per connection slot",
)

agent_certificates: Final = Table(
    "agent_certificates",
    metadata,
    _tenant(),
    _key("instance", Text, "the agent"),
    _key("serial", Text, "serial number of the client certificate, hexadecimal"),
    _of("fingerprint", Text, "SHA-256 of the certificate, hexadecimal"),
    _of("not_before", Moment, "valid from"),
    _of("not_after", Moment, "valid until"),
    _of("issued_at", Moment, "when it was issued"),
    _maybe("revoked_at", Moment, "when it was revoked"),
    comment="client certificates issued to agents",
)

agent_keys: Final = Table(
    "agent_keys",
    metadata,
    _tenant(),
    _key("instance", Text, "the agent"),
    _key("key_id", Text, "fingerprint of the public key"),
    _of("public_key", LargeBinary, "raw Ed25519 public key its results are signed with"),
    _of("added_at", Moment, "when it was enrolled"),
    _maybe("revoked_at", Moment, "when it was revoked"),
    comment="keys agents sign with",
)

enrolment_tokens: Final = Table(
    "enrolment_tokens",
    metadata,
    _tenant(),
    _key("token_id", Text, "public part of the one-time token"),
    _of("instance", Text, "the only instance it enrols"),
    _of("sysid", Text, "SAP system the instance will serve"),
    _of("client", Text, "SAP client the instance will serve"),
    _of("proof_key", LargeBinary, "encrypted key derived from the token's secret"),
    _of("created_at", Moment, "when it was made"),
    _of("expires_at", Moment, "when it dies"),
    _maybe("used_at", Moment, "when it was used; a token works once"),
    Index("enrolment_tokens_token_id_ix", "token_id", unique=True),
    comment="one-time tokens of enrolment",
)

inbox: Final = Table(
    "inbox",
    metadata,
    _tenant(),
    _key("store_hash", Text, "the store that sent it"),
    _key("delivery_id", Text, "BigCommerce's id of the delivery, or one derived by the sweep"),
    _of("scope", Text, "the event's name"),
    _maybe("order_id", BigInteger, "the order it points at"),
    _of("received_at", Moment, "when it was stored"),
    _of("stale", Boolean, "validly signed, but outside the timestamp window"),
    _of("trace", Text, "W3C traceparent that begins here"),
    _maybe("payload_id", Text, "its body among the payloads"),
    Index("inbox_received_at_ix", "received_at"),
    Index("inbox_order_id_ix", "tenant", "store_hash", "order_id"),
    comment="deliveries, one row per id, kept seven days",
)

jobs: Final = Table(
    "jobs",
    metadata,
    _tenant(),
    _key("store_hash", Text, "the store"),
    _key("order_id", BigInteger, "the order"),
    _of("generation", BigInteger, "grows with every wish to look again"),
    _of("state", Text, "waiting, posting, in_doubt, posted, parked, skipped or failed"),
    _of("reason", Text, "why it is in that state, one sentence"),
    _of("owner", Text, "who takes the next step: relay, agent, store, finance, basis or nobody"),
    _maybe(
        "due_at",
        Moment,
        "when it is worked on next; while leased, when the lease ends; null: not until looked at again",
    ),
    _maybe("lease_owner", Text, "the process working on it"),
    _of("lease_number", BigInteger, "grows with every lease; only the newest may settle"),
    _of("attempts", Integer, "failed tries in a row"),
    _of("trace", Text, "W3C traceparent of the newest event"),
    _of("first_seen_at", Moment, "when the order was first heard of"),
    _of("state_since", Moment, "since when it is in that state"),
    _of("updated_at", Moment, "last change"),
    Index(
        "jobs_due_at_ix",
        "tenant",
        "store_hash",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL"),
        sqlite_where=text("due_at IS NOT NULL"),
    ),
    Index("jobs_state_ix", "tenant", "state", "state_since"),
    comment="one job per order: its visible state and when it is due",
)

job_causes: Final = Table(
    "job_causes",
    metadata,
    _tenant(),
    _key("store_hash", Text, "the store"),
    _key("order_id", BigInteger, "the order"),
    _key("cause", Text, "stable key of what it waits for"),
    _of("sentence", Text, "what is the matter and what to do"),
    _of("owner", Text, "who can cure it"),
    _of("since", Moment, "since when it waits for it"),
    Index("job_causes_cause_ix", "tenant", "cause"),
    comment="what parked jobs wait for",
)

ledger: Final = Table(
    "ledger",
    metadata,
    _tenant(),
    _key("posting_id", Text, "the posting's derived identity"),
    _of("store_hash", Text, "the store"),
    _of("order_id", BigInteger, "the order"),
    _of("kind", Text, "invoice, refund, supplement, reversal, repost or payment"),
    _of("ordinal", BigInteger, "counts within order and kind"),
    _of("part", Integer, "counts documents of one step"),
    _of("sysid", Text, "SAP system"),
    _of("client", Text, "SAP client"),
    _of("reference", Text, "REF_DOC_NO"),
    _of("scheme_version", Integer, "of the reference encoding"),
    _of("mapping_version", Text, "of the mapping it was built with"),
    _of("digest", Text, "of the content that is posted; fixed for ever"),
    _of("snapshot_digest", Text, "of the order's content it was planned from"),
    _of("plan_digest", Text, "of the plan it is part of"),
    _of("date_modified", Moment, "the order's own, of that snapshot"),
    _of("company_code", Text, "SAP company code"),
    _of("document_type", Text, "SAP document type"),
    _of("currency", Text, "ISO 4217"),
    _of("gross", Money, "amount of the customer line"),
    _of("state", Text, "intended, sent, in_doubt, posted, rejected, failed or conflict"),
    _of("attempt", Integer, "counts envelopes of this posting, from 1"),
    _of("instance", Text, "the agent instance it was sent to"),
    _of("fencing_token", BigInteger, "of the writer lease it was sent under"),
    _of("object_key", Text, "SAP's key: document number, company code, fiscal year"),
    _of("reason", Text, "stable word for the outcome's cause"),
    _of("detail", Text, "one sentence about the outcome"),
    _of("retryable", Boolean, "whether the same content may succeed later"),
    _of("trace", Text, "W3C traceparent"),
    _of("intended_at", Moment, "when this attempt was written down"),
    _maybe("sent_at", Moment, "when this attempt left"),
    _maybe("settled_at", Moment, "when the outcome was recorded"),
    _of("updated_at", Moment, "last change"),
    Index("ledger_order_ix", "tenant", "store_hash", "order_id"),
    Index("ledger_reference_ix", "tenant", "sysid", "client", "reference", unique=True),
    Index(
        "ledger_open_ix",
        "tenant",
        "instance",
        postgresql_where=text("settled_at IS NULL"),
        sqlite_where=text("settled_at IS NULL"),
    ),
    comment="every posting ever intended; rows are never deleted",
)

envelopes: Final = Table(
    "envelopes",
    metadata,
    _tenant(),
    _key("envelope_id", Text, "posting id and attempt"),
    _of("posting_id", Text, "the posting"),
    _of("subject", Text, "whose key encrypts it"),
    _of("sealed", LargeBinary, "the sealed bytes exactly as sent, encrypted"),
    _of("created_at", Moment, "when it was sealed"),
    _of("not_after", Moment, "when it dies"),
    comment="what was sent to agents, byte for byte",
)

audit_records: Final = Table(
    "audit_records",
    metadata,
    _tenant(),
    _key("record_id", Text, "sorts by time of writing"),
    _of("at", Moment, "when it happened"),
    _of("kind", Text, "stable name of what happened"),
    _of("subject", Text, "whom or what it is about, such as an order's key"),
    _of("trace", Text, "W3C traceparent"),
    _of("fields", Text, "facts without personal data or secrets, canonical JSON"),
    _maybe("payload_id", Text, "what it carried, encrypted, among the payloads"),
    _of("payload_digest", Text, "salted commitment to the payload, empty without one"),
    _of("salt", LargeBinary, "of the record's own commitment"),
    _of("digest", Text, "the record's own commitment, the leaf in its batch"),
    _maybe("batch", BigInteger, "the batch it is sealed in; null until then"),
    Index("audit_records_batch_ix", "tenant", "batch"),
    Index(
        "audit_records_unsealed_ix",
        "tenant",
        postgresql_where=text("batch IS NULL"),
        sqlite_where=text("batch IS NULL"),
    ),
    Index("audit_records_subject_ix", "tenant", "subject", "record_id"),
    comment="what happened; rows are never changed once sealed",
)

audit_chains: Final = Table(
    "audit_chains",
    metadata,
    _tenant(),
    _of("batches", BigInteger, "batches sealed so far"),
    _of("head", Text, "the chain's head"),
    _of("high_water", BigInteger, "records sealed so far; agents remember it to notice a database that went back"),
    _maybe("sealed_at", Moment, "when the last batch was sealed"),
    comment="one chain per tenant; its row is the sealer's lock",
)

audit_batches: Final = Table(
    "audit_batches",
    metadata,
    _tenant(),
    _key("sequence", BigInteger, "counts from 1 without gaps"),
    _of("previous", Text, "head before this batch"),
    _of("root", Text, "Merkle root over the records' commitments, ordered by record id"),
    _of("count", Integer, "number of records"),
    _of("head", Text, "head after this batch"),
    _of("leaves", LargeBinary, "the commitments in order, 32 bytes each: they name the record that changed"),
    _of("sealed_at", Moment, "when it was sealed"),
    _maybe("archived_at", Moment, "when its rows were moved away; the root stays"),
    comment="the chain of sealed batches; never deleted",
)

anchors: Final = Table(
    "anchors",
    metadata,
    _tenant(),
    _key("instance", Text, "the agent whose chain it is"),
    _key("sequence", BigInteger, "position in the agent's chain"),
    _of("head", Text, "the agent's head there"),
    _of("at", Moment, "when it was witnessed"),
    comment="heads of the agents' audit chains, witnessed by the relay",
)

payloads: Final = Table(
    "payloads",
    metadata,
    _tenant(),
    _key("payload_id", Text, "unique"),
    _of("subject", Text, "whose key encrypts it"),
    _of("kind", Text, "what it is, such as snapshot"),
    _of("ciphertext", LargeBinary, "the content and its salt, encrypted under the subject's key"),
    _of("digest", Text, "salted commitment to the content"),
    _of("created_at", Moment, "when it was stored"),
    Index("payloads_subject_ix", "tenant", "subject", "kind", "payload_id"),
    comment="content with personal data, erased by destroying the subject's key",
)

subject_keys: Final = Table(
    "subject_keys",
    metadata,
    _tenant(),
    _key("subject", Text, "whose data the key encrypts"),
    _maybe("wrapped_key", LargeBinary, "the data key under the master key; null: destroyed, a tombstone"),
    _of("master_key_id", Text, "the master key that wraps it"),
    _of("created_at", Moment, "when it was made"),
    _maybe("destroyed_at", Moment, "when the subject was erased"),
    _of("destroyed_reason", Text, "why it was erased"),
    comment="data keys per subject",
)

alerts: Final = Table(
    "alerts",
    metadata,
    _tenant(),
    _key("key", Text, "what it is about; one alert per key"),
    _of("kind", Text, "stable name of the kind of alert"),
    _of("severity", Text, "warning or critical"),
    _of("owner", Text, "who takes the next step"),
    _of("sentence", Text, "what is the matter and what to do"),
    _of("count", BigInteger, "how often it was raised since it was opened"),
    _of("opened_at", Moment, "when it was opened, again if it had been closed"),
    _of("refreshed_at", Moment, "when it was last raised"),
    _maybe("acknowledged_at", Moment, "when a person took it on"),
    _of("acknowledged_by", Text, "who took it on"),
    _maybe("closed_at", Moment, "when its cause was cured"),
    comment="what a person should know, once per cause",
)

mapping_versions: Final = Table(
    "mapping_versions",
    metadata,
    _tenant(),
    _key("version", Text, "digest and declared name"),
    _of("source", Text, "where it was read from"),
    _of("content", Text, "the file, so that old postings can be explained"),
    _of("loaded_at", Moment, "when it was first used"),
    comment="every mapping ever used",
)

writer_leases: Final = Table(
    "writer_leases",
    metadata,
    _tenant(),
    _key("sysid", Text, "SAP system"),
    _key("client", Text, "SAP client, with all its company codes"),
    _of("instance", Text, "the only agent instance that may post there"),
    _of("fencing_token", BigInteger, "grows with every transfer"),
    _of("since", Moment, "when it was transferred"),
    comment="one writing agent instance per SAP client",
)
