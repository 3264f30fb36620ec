"""The tables, every column commented; a test replays the migrations and demands zero difference to this file.

All keys begin with the tenant, so that tables can be distributed by it. Times are UTC. `bytes` of secrets and of
personal data are encrypted by `trail.vault` before they come here.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, Table, Text

from .columns import key, maybe, metadata, of, partial_index, tenant
from .types import Moment, Money

__all__ = [
    "agent_certificates",
    "agent_keys",
    "agent_slots",
    "agents",
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
    "meta",
    "metadata",
    "stores",
    "subject_keys",
    "tenants",
    "writer_leases",
]

meta: Final = Table(
    "meta",
    metadata,
    key("tenant", Text, "empty: the row describes the whole database"),
    of("incarnation", Text, "identity of this database; a new one after every recovery"),
    of("created_at", Moment, "when the database was created"),
    comment="the database itself",
)

tenants: Final = Table(
    "tenants",
    metadata,
    tenant(),
    of("name", Text, "what people call it"),
    of("created_at", Moment, "when it was added"),
    comment="merchants served by this relay",
)

stores: Final = Table(
    "stores",
    metadata,
    tenant(),
    key("store_hash", Text, "the store's id in BigCommerce's API paths"),
    of("store_code", Text, "one or two characters in every reference; never reused within an SAP client"),
    of("sysid", Text, "SAP system the store posts to"),
    of("client", Text, "SAP client the store posts to"),
    of("api_url", Text, "base address of the store's REST API"),
    of("access_token", LargeBinary, "encrypted REST token"),
    of("client_secrets", LargeBinary, "encrypted client secrets, newest first, two while rotating"),
    of("hook_secret", LargeBinary, "encrypted random header of the webhooks"),
    of("timezone", Text, "IANA name; decides the posting date"),
    of("currency", Text, "the store's default currency"),
    maybe("tax_inclusive", Boolean, "whether prices are entered with tax; null where the store does not say"),
    of("cut_over", Moment, "orders created before are not ours; never changes"),
    of("webhooks", Text, "ids of the registered webhooks, JSON"),
    of("active", Boolean, "whether its callbacks and jobs are served"),
    maybe("swept_until", Moment, "the sweep has seen every order modified before"),
    of("created_at", Moment, "when it was added"),
    of("updated_at", Moment, "when its settings last changed"),
    maybe("b2b_url", Text, "address of its B2B Edition; null where it has none"),
    maybe("b2b_token", LargeBinary, "encrypted token of the B2B Edition; null where it takes the REST token"),
    Index("stores_store_hash_ix", "store_hash", unique=True),
    Index("stores_store_code_ix", "tenant", "sysid", "client", "store_code", unique=True),
    comment="BigCommerce stores",
)

agents: Final = Table(
    "agents",
    metadata,
    tenant(),
    key("instance", Text, "the agent's name, also its certificate's common name"),
    of("sysid", Text, "SAP system it serves"),
    of("client", Text, "SAP client it serves"),
    of("state", Text, "enrolled, quarantined or revoked"),
    of("state_reason", Text, "why it is quarantined or revoked"),
    of("boot_id", Text, "its last start, as it said in hello"),
    of("journal_id", Text, "identity of its journal"),
    of("journal_sequence", BigInteger, "highest position of its journal ever seen"),
    of("agent_version", Text, "its version, as it said in hello"),
    maybe("last_seen_at", Moment, "last hello"),
    of("created_at", Moment, "first enrolment"),
    comment="installed agents",
)

agent_slots: Final = Table(
    "agent_slots",
    metadata,
    tenant(),
    key("instance", Text, "the agent"),
    key("slot", Integer, "which of its connections"),
    of("generation", BigInteger, "grows with every session; the highest is the only live one"),
    of("session_id", Text, "the newest session"),
    of("relay_id", Text, "the relay process that holds it"),
    of("since", Moment, "when that session began"),
    comment="sessions are fenced per connection slot",
)

agent_certificates: Final = Table(
    "agent_certificates",
    metadata,
    tenant(),
    key("instance", Text, "the agent"),
    key("serial", Text, "serial number of the client certificate, hexadecimal"),
    of("fingerprint", Text, "SHA-256 of the certificate, hexadecimal"),
    of("not_before", Moment, "valid from"),
    of("not_after", Moment, "valid until"),
    of("issued_at", Moment, "when it was issued"),
    maybe("revoked_at", Moment, "when it was revoked"),
    comment="client certificates issued to agents",
)

agent_keys: Final = Table(
    "agent_keys",
    metadata,
    tenant(),
    key("instance", Text, "the agent"),
    key("key_id", Text, "fingerprint of the public key"),
    of("public_key", LargeBinary, "raw Ed25519 public key its results are signed with"),
    of("added_at", Moment, "when it was enrolled"),
    maybe("revoked_at", Moment, "when it was revoked"),
    comment="keys agents sign with",
)

enrolment_tokens: Final = Table(
    "enrolment_tokens",
    metadata,
    tenant(),
    key("token_id", Text, "public part of the one-time token"),
    of("instance", Text, "the only instance it enrols"),
    of("sysid", Text, "SAP system the instance will serve"),
    of("client", Text, "SAP client the instance will serve"),
    of("proof_key", LargeBinary, "encrypted key derived from the token's secret"),
    of("created_at", Moment, "when it was made"),
    of("expires_at", Moment, "when it dies"),
    maybe("used_at", Moment, "when it was used; a token works once"),
    Index("enrolment_tokens_token_id_ix", "token_id", unique=True),
    comment="one-time tokens of enrolment",
)

inbox: Final = Table(
    "inbox",
    metadata,
    tenant(),
    key("store_hash", Text, "the store that sent it"),
    key("delivery_id", Text, "BigCommerce's id of the delivery, or one derived by the sweep"),
    of("scope", Text, "the event's name"),
    maybe("order_id", BigInteger, "the order it points at"),
    of("received_at", Moment, "when it was stored"),
    of("stale", Boolean, "validly signed, but outside the timestamp window"),
    of("trace", Text, "W3C traceparent that begins here"),
    Index("inbox_received_at_ix", "tenant", "received_at"),
    Index("inbox_order_id_ix", "tenant", "store_hash", "order_id"),
    comment="deliveries, one row per id, kept seven days",
)

jobs: Final = Table(
    "jobs",
    metadata,
    tenant(),
    key("store_hash", Text, "the store"),
    key("order_id", BigInteger, "the order"),
    of("generation", BigInteger, "grows with every wish to look again"),
    of("state", Text, "waiting, posting, in_doubt, posted, parked, skipped or failed"),
    of("reason", Text, "why it is in that state, one sentence"),
    of("owner", Text, "who takes the next step: relay, agent, store, finance, basis or nobody"),
    maybe(
        "due_at",
        Moment,
        "when it is worked on next; while leased, when the lease ends; null: not until looked at again",
    ),
    maybe("lease_owner", Text, "the process working on it"),
    of("lease_number", BigInteger, "grows with every lease; only the newest may settle"),
    of("attempts", Integer, "failed tries in a row"),
    of("trace", Text, "W3C traceparent of the newest event"),
    maybe("placed_at", Moment, "when the shopper placed the order; null until it was fetched"),
    maybe("modified_at", Moment, "the order's date_modified when it was last fetched; what is newer is not seen yet"),
    maybe("total", Money, "the order's total with tax when it was last fetched"),
    maybe("currency", Text, "of the total, ISO 4217"),
    maybe("fetched_as", Text, "the record that holds the order as it was fetched; null: read anew at the next look"),
    of("first_seen_at", Moment, "when the order was first heard of"),
    of("state_since", Moment, "since when it is in that state"),
    of("updated_at", Moment, "last change"),
    partial_index("jobs_due_at_ix", "tenant", "store_hash", "due_at", where="due_at IS NOT NULL"),
    Index("jobs_state_ix", "tenant", "state", "state_since"),
    comment="one job per order: its visible state and when it is due",
)

job_causes: Final = Table(
    "job_causes",
    metadata,
    tenant(),
    key("store_hash", Text, "the store"),
    key("order_id", BigInteger, "the order"),
    key("cause", Text, "stable key of what it waits for"),
    key("question", Text, "all facts behind the key, for a new mapping to answer; empty without any"),
    of("sentence", Text, "what is the matter and what to do"),
    of("owner", Text, "who can cure it"),
    of("choices", Text, "what a person may decide, parted by blanks; empty where it is cured otherwise"),
    of("proposal", Text, "digest of what there is to decide about"),
    of("since", Moment, "since when it waits for it"),
    maybe("amount", Money, "how much of the order waits for it, in the order's currency; null: the whole order"),
    Index("job_causes_cause_ix", "tenant", "cause"),
    comment="what parked jobs wait for",
)

ledger: Final = Table(
    "ledger",
    metadata,
    tenant(),
    key("posting_id", Text, "the posting's derived identity"),
    of("store_hash", Text, "the store"),
    of("order_id", BigInteger, "the order"),
    of("kind", Text, "invoice, refund, supplement, reversal, repost, payment, shipment or completion"),
    of("ordinal", BigInteger, "counts within order and kind"),
    of("part", Integer, "counts documents of one step"),
    of("sysid", Text, "SAP system"),
    of("client", Text, "SAP client"),
    of("reference", Text, "REF_DOC_NO; of a reversal, which SAP gives none of ours, what it would be"),
    of("scheme_version", Integer, "of the reference encoding"),
    of("mapping_version", Text, "of the mapping it was built with"),
    of("digest", Text, "of the content that is posted; fixed for ever"),
    of("snapshot_digest", Text, "of the order's content it was planned from"),
    of("plan_digest", Text, "of the plan it is part of"),
    of("date_modified", Moment, "the order's own, of that snapshot"),
    of("company_code", Text, "SAP company code"),
    of("document_type", Text, "SAP document type; empty of a reversal, whose type SAP chooses"),
    of("currency", Text, "ISO 4217"),
    of("gross", Money, "sum of the customer's lines"),
    of("facts", Text, "what the document is made of, JSON without personal data; later documents are computed from it"),
    of("more", Boolean, "whether the order owes another document after this one"),
    of("generation", BigInteger, "the job's when this was planned; a newer one knows more than what was sent"),
    of("state", Text, "intended, sent, in_doubt, posted, rejected, failed or conflict"),
    of("attempt", Integer, "counts envelopes of this posting, from 1"),
    of("instance", Text, "the agent instance it was sent to"),
    of("fencing_token", BigInteger, "of the writer lease it was sent under"),
    of("object_key", Text, "SAP's key: document number, company code, fiscal year"),
    of("reason", Text, "stable word for the outcome's cause"),
    of("detail", Text, "one sentence about the outcome"),
    of("retryable", Boolean, "whether the same content may succeed later"),
    of("trace", Text, "W3C traceparent"),
    of("intended_at", Moment, "when this attempt was written down"),
    maybe("sent_at", Moment, "when this attempt left"),
    maybe("settled_at", Moment, "when the outcome was recorded"),
    of("updated_at", Moment, "last change"),
    Index("ledger_order_ix", "tenant", "store_hash", "order_id"),
    Index("ledger_reference_ix", "tenant", "sysid", "client", "reference", unique=True),
    partial_index("ledger_reversals_ix", "tenant", "store_hash", "intended_at", where="kind = 'reversal'"),
    partial_index("ledger_open_ix", "tenant", "instance", where="settled_at IS NULL"),
    comment="every posting ever intended; rows are never deleted",
)

envelopes: Final = Table(
    "envelopes",
    metadata,
    tenant(),
    key("envelope_id", Text, "posting id and attempt"),
    of("posting_id", Text, "the posting"),
    of("subject", Text, "whose key encrypts it"),
    of("sealed", LargeBinary, "the sealed bytes exactly as sent, encrypted"),
    of("created_at", Moment, "when it was sealed"),
    of("not_after", Moment, "when it dies"),
    Index("envelopes_posting_id_ix", "tenant", "posting_id"),
    comment="what was sent to agents, byte for byte",
)

audit_records: Final = Table(
    "audit_records",
    metadata,
    tenant(),
    key("record_id", Text, "sorts by time of writing"),
    of("at", Moment, "when it happened"),
    of("kind", Text, "stable name of what happened"),
    of("subject", Text, "whom or what it is about, such as an order's key"),
    of("trace", Text, "W3C traceparent"),
    of("fields", Text, "facts without personal data or secrets, canonical JSON"),
    of("payload_digest", Text, "salted commitment to the payload, empty without one"),
    of("salt", LargeBinary, "of the record's own commitment"),
    of("digest", Text, "the record's own commitment, the leaf in its batch"),
    maybe("batch", BigInteger, "the batch it is sealed in; null until then"),
    maybe("payload", LargeBinary, "what it carries that may be personal, salted, encrypted under the subject's key"),
    Index("audit_records_batch_ix", "tenant", "batch"),
    Index("audit_records_subject_ix", "tenant", "subject", "record_id"),
    comment="what happened; rows are never changed once sealed",
)

audit_chains: Final = Table(
    "audit_chains",
    metadata,
    tenant(),
    of("batches", BigInteger, "batches sealed so far"),
    of("head", Text, "the chain's head"),
    of("high_water", BigInteger, "records sealed so far; agents remember it to notice a database that went back"),
    maybe("sealed_at", Moment, "when the last batch was sealed"),
    comment="one chain per tenant; its row is the sealer's lock",
)

audit_batches: Final = Table(
    "audit_batches",
    metadata,
    tenant(),
    key("sequence", BigInteger, "counts from 1 without gaps"),
    of("previous", Text, "head before this batch"),
    of("root", Text, "Merkle root over the records' commitments, ordered by record id"),
    of("count", Integer, "number of records"),
    of("head", Text, "head after this batch"),
    of("leaves", LargeBinary, "the commitments in order, 32 bytes each: they name the record that changed"),
    of("sealed_at", Moment, "when it was sealed"),
    maybe("archived_at", Moment, "when its rows were moved away; the root stays"),
    comment="the chain of sealed batches; never deleted",
)

anchors: Final = Table(
    "anchors",
    metadata,
    tenant(),
    key("instance", Text, "the agent whose chain it is"),
    key("sequence", BigInteger, "position in the agent's chain"),
    of("head", Text, "the agent's head there"),
    of("at", Moment, "when it was witnessed"),
    comment="heads of the agents' audit chains, witnessed by the relay",
)

subject_keys: Final = Table(
    "subject_keys",
    metadata,
    tenant(),
    key("subject", Text, "whose data the key encrypts"),
    maybe("wrapped_key", LargeBinary, "the data key under the master key; null: destroyed, a tombstone"),
    of("master_key_id", Text, "the master key that wraps it"),
    of("created_at", Moment, "when it was made"),
    maybe("destroyed_at", Moment, "when the subject was erased"),
    of("destroyed_reason", Text, "why it was erased"),
    comment="data keys per subject",
)

writer_leases: Final = Table(
    "writer_leases",
    metadata,
    tenant(),
    key("sysid", Text, "SAP system"),
    key("client", Text, "SAP client, with all its company codes"),
    of("instance", Text, "the only agent instance that may post there"),
    of("fencing_token", BigInteger, "grows with every transfer"),
    of("since", Moment, "when it was transferred"),
    comment="one writing agent instance per SAP client",
)
