"""The first schema: inbox, jobs, ledger, trail, stores and agents."""

from typing import Any

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text
BIG = sa.BigInteger
NUMBER = sa.Integer
FLAG = sa.Boolean
BYTES = sa.LargeBinary
MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def _of(name: str, kind: Any, comment: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def _maybe(name: str, kind: Any, comment: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True, comment=comment)


def _table(name: str, comment: str, key: tuple[str, ...], *columns: sa.Column[Any]) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"), comment=comment)


def _index(name: str, table: str, *columns: str, unique: bool = False, where: str | None = None) -> None:
    only = None if where is None else sa.text(where)
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=only, postgresql_where=only)


def upgrade() -> None:
    """Create the tables."""
    _stores_and_agents()
    _work()
    _trail()


def _stores_and_agents() -> None:
    _table(
        "meta",
        "the database itself",
        ("tenant",),
        _of("tenant", TEXT, "empty: the row describes the whole database"),
        _of("incarnation", TEXT, "identity of this database; a new one after every recovery"),
        _of("created_at", MOMENT, "when the database was created"),
    )
    _table(
        "tenants",
        "merchants served by this relay",
        ("tenant",),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("name", TEXT, "what people call it"),
        _of("created_at", MOMENT, "when it was added"),
    )
    _table(
        "stores",
        "BigCommerce stores",
        ("tenant", "store_hash"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("store_hash", TEXT, "the store's id in BigCommerce's API paths"),
        _of("store_code", TEXT, "one or two characters in every reference; never reused within an SAP client"),
        _of("sysid", TEXT, "SAP system the store posts to"),
        _of("client", TEXT, "SAP client the store posts to"),
        _of("api_url", TEXT, "base address of the store's REST API"),
        _of("access_token", BYTES, "encrypted REST token"),
        _of("client_secrets", BYTES, "encrypted client secrets, newest first, two while rotating"),
        _of("hook_secret", BYTES, "encrypted random header of the webhooks"),
        _of("timezone", TEXT, "IANA name; decides the posting date"),
        _of("currency", TEXT, "the store's default currency"),
        _maybe("tax_inclusive", FLAG, "whether prices are entered with tax; null where the store does not say"),
        _of("cut_over", MOMENT, "orders created before are not ours; never changes"),
        _of("webhooks", TEXT, "ids of the registered webhooks, JSON"),
        _of("active", FLAG, "whether its callbacks and jobs are served"),
        _maybe("swept_until", MOMENT, "the sweep has seen every order modified before"),
        _of("created_at", MOMENT, "when it was added"),
        _of("updated_at", MOMENT, "when its settings last changed"),
    )
    _index("stores_store_code_ix", "stores", "tenant", "sysid", "client", "store_code", unique=True)
    _index("stores_store_hash_ix", "stores", "store_hash", unique=True)
    _table(
        "agents",
        "installed agents",
        ("tenant", "instance"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("instance", TEXT, "the agent's name, also its certificate's common name"),
        _of("sysid", TEXT, "SAP system it serves"),
        _of("client", TEXT, "SAP client it serves"),
        _of("state", TEXT, "enrolled, quarantined or revoked"),
        _of("state_reason", TEXT, "why it is quarantined or revoked"),
        _of("boot_id", TEXT, "its last start, as it said in hello"),
        _of("journal_id", TEXT, "identity of its journal"),
        _of("journal_sequence", BIG, "highest position of its journal ever seen"),
        _of("agent_version", TEXT, "its version, as it said in hello"),
        _maybe("last_seen_at", MOMENT, "last hello"),
        _of("created_at", MOMENT, "first enrolment"),
    )
    _table(
        "agent_slots",
        "sessions are fenced per connection slot",
        ("tenant", "instance", "slot"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("instance", TEXT, "the agent"),
        _of("slot", NUMBER, "which of its connections"),
        _of("generation", BIG, "grows with every session; the highest is the only live one"),
        _of("session_id", TEXT, "the newest session"),
        _of("relay_id", TEXT, "the relay process that holds it"),
        _of("since", MOMENT, "when that session began"),
    )
    _table(
        "agent_certificates",
        "client certificates issued to agents",
        ("tenant", "instance", "serial"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("instance", TEXT, "the agent"),
        _of("serial", TEXT, "serial number of the client certificate, hexadecimal"),
        _of("fingerprint", TEXT, "SHA-256 of the certificate, hexadecimal"),
        _of("not_before", MOMENT, "valid from"),
        _of("not_after", MOMENT, "valid until"),
        _of("issued_at", MOMENT, "when it was issued"),
        _maybe("revoked_at", MOMENT, "when it was revoked"),
    )
    _table(
        "agent_keys",
        "keys agents sign with",
        ("tenant", "instance", "key_id"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("instance", TEXT, "the agent"),
        _of("key_id", TEXT, "fingerprint of the public key"),
        _of("public_key", BYTES, "raw Ed25519 public key its results are signed with"),
        _of("added_at", MOMENT, "when it was enrolled"),
        _maybe("revoked_at", MOMENT, "when it was revoked"),
    )
    _table(
        "enrolment_tokens",
        "one-time tokens of enrolment",
        ("tenant", "token_id"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("token_id", TEXT, "public part of the one-time token"),
        _of("instance", TEXT, "the only instance it enrols"),
        _of("sysid", TEXT, "SAP system the instance will serve"),
        _of("client", TEXT, "SAP client the instance will serve"),
        _of("proof_key", BYTES, "encrypted key derived from the token's secret"),
        _of("created_at", MOMENT, "when it was made"),
        _of("expires_at", MOMENT, "when it dies"),
        _maybe("used_at", MOMENT, "when it was used; a token works once"),
    )
    _index("enrolment_tokens_token_id_ix", "enrolment_tokens", "token_id", unique=True)
    _table(
        "writer_leases",
        "one writing agent instance per SAP client",
        ("tenant", "sysid", "client"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("sysid", TEXT, "SAP system"),
        _of("client", TEXT, "SAP client, with all its company codes"),
        _of("instance", TEXT, "the only agent instance that may post there"),
        _of("fencing_token", BIG, "grows with every transfer"),
        _of("since", MOMENT, "when it was transferred"),
    )


def _work() -> None:
    _table(
        "inbox",
        "deliveries, one row per id, kept seven days",
        ("tenant", "store_hash", "delivery_id"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("store_hash", TEXT, "the store that sent it"),
        _of("delivery_id", TEXT, "BigCommerce's id of the delivery, or one derived by the sweep"),
        _of("scope", TEXT, "the event's name"),
        _maybe("order_id", BIG, "the order it points at"),
        _of("received_at", MOMENT, "when it was stored"),
        _of("stale", FLAG, "validly signed, but outside the timestamp window"),
        _of("trace", TEXT, "W3C traceparent that begins here"),
    )
    _index("inbox_order_id_ix", "inbox", "tenant", "store_hash", "order_id")
    _index("inbox_received_at_ix", "inbox", "tenant", "received_at")
    _table(
        "jobs",
        "one job per order: its visible state and when it is due",
        ("tenant", "store_hash", "order_id"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("store_hash", TEXT, "the store"),
        _of("order_id", BIG, "the order"),
        _of("generation", BIG, "grows with every wish to look again"),
        _of("state", TEXT, "waiting, posting, in_doubt, posted, parked, skipped or failed"),
        _of("reason", TEXT, "why it is in that state, one sentence"),
        _of("owner", TEXT, "who takes the next step: relay, agent, store, finance, basis or nobody"),
        _maybe(
            "due_at",
            MOMENT,
            "when it is worked on next; while leased, when the lease ends; null: not until looked at again",
        ),
        _maybe("lease_owner", TEXT, "the process working on it"),
        _of("lease_number", BIG, "grows with every lease; only the newest may settle"),
        _of("attempts", NUMBER, "failed tries in a row"),
        _of("trace", TEXT, "W3C traceparent of the newest event"),
        _maybe("placed_at", MOMENT, "when the shopper placed the order; null until it was fetched"),
        _maybe(
            "modified_at", MOMENT, "the order's date_modified when it was last fetched; what is newer is not seen yet"
        ),
        _maybe("total", TEXT, "the order's total with tax when it was last fetched"),
        _maybe("currency", TEXT, "of the total, ISO 4217"),
        _maybe(
            "fetched_as", TEXT, "the record that holds the order as it was fetched; null: read anew at the next look"
        ),
        _of("first_seen_at", MOMENT, "when the order was first heard of"),
        _of("state_since", MOMENT, "since when it is in that state"),
        _of("updated_at", MOMENT, "last change"),
    )
    _index("jobs_due_at_ix", "jobs", "tenant", "store_hash", "due_at", where="due_at IS NOT NULL")
    _index("jobs_state_ix", "jobs", "tenant", "state", "state_since")
    _table(
        "job_causes",
        "what parked jobs wait for",
        ("tenant", "store_hash", "order_id", "cause", "question"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("store_hash", TEXT, "the store"),
        _of("order_id", BIG, "the order"),
        _of("cause", TEXT, "stable key of what it waits for"),
        _of("question", TEXT, "all facts behind the key, for a new mapping to answer; empty without any"),
        _of("sentence", TEXT, "what is the matter and what to do"),
        _of("owner", TEXT, "who can cure it"),
        _of("choices", TEXT, "what a person may decide, parted by blanks; empty where it is cured otherwise"),
        _of("proposal", TEXT, "digest of what there is to decide about"),
        _of("since", MOMENT, "since when it waits for it"),
    )
    _index("job_causes_cause_ix", "job_causes", "tenant", "cause")
    _table(
        "ledger",
        "every posting ever intended; rows are never deleted",
        ("tenant", "posting_id"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("posting_id", TEXT, "the posting's derived identity"),
        _of("store_hash", TEXT, "the store"),
        _of("order_id", BIG, "the order"),
        _of("kind", TEXT, "invoice, refund, supplement, reversal, repost, payment, shipment or completion"),
        _of("ordinal", BIG, "counts within order and kind"),
        _of("part", NUMBER, "counts documents of one step"),
        _of("sysid", TEXT, "SAP system"),
        _of("client", TEXT, "SAP client"),
        _of("reference", TEXT, "REF_DOC_NO; of a reversal, which SAP gives none of ours, what it would be"),
        _of("scheme_version", NUMBER, "of the reference encoding"),
        _of("mapping_version", TEXT, "of the mapping it was built with"),
        _of("digest", TEXT, "of the content that is posted; fixed for ever"),
        _of("snapshot_digest", TEXT, "of the order's content it was planned from"),
        _of("plan_digest", TEXT, "of the plan it is part of"),
        _of("date_modified", MOMENT, "the order's own, of that snapshot"),
        _of("company_code", TEXT, "SAP company code"),
        _of("document_type", TEXT, "SAP document type; empty of a reversal, whose type SAP chooses"),
        _of("currency", TEXT, "ISO 4217"),
        _of("gross", TEXT, "sum of the customer's lines"),
        _of(
            "facts",
            TEXT,
            "what the document is made of, JSON without personal data; later documents are computed from it",
        ),
        _of("more", FLAG, "whether the order owes another document after this one"),
        _of("generation", BIG, "the job's when this was planned; a newer one knows more than what was sent"),
        _of("state", TEXT, "intended, sent, in_doubt, posted, rejected, failed or conflict"),
        _of("attempt", NUMBER, "counts envelopes of this posting, from 1"),
        _of("instance", TEXT, "the agent instance it was sent to"),
        _of("fencing_token", BIG, "of the writer lease it was sent under"),
        _of("object_key", TEXT, "SAP's key: document number, company code, fiscal year"),
        _of("reason", TEXT, "stable word for the outcome's cause"),
        _of("detail", TEXT, "one sentence about the outcome"),
        _of("retryable", FLAG, "whether the same content may succeed later"),
        _of("trace", TEXT, "W3C traceparent"),
        _of("intended_at", MOMENT, "when this attempt was written down"),
        _maybe("sent_at", MOMENT, "when this attempt left"),
        _maybe("settled_at", MOMENT, "when the outcome was recorded"),
        _of("updated_at", MOMENT, "last change"),
    )
    _index("ledger_open_ix", "ledger", "tenant", "instance", where="settled_at IS NULL")
    _index("ledger_order_ix", "ledger", "tenant", "store_hash", "order_id")
    _index("ledger_reversals_ix", "ledger", "tenant", "store_hash", "intended_at", where="kind = 'reversal'")
    _index("ledger_reference_ix", "ledger", "tenant", "sysid", "client", "reference", unique=True)
    _table(
        "envelopes",
        "what was sent to agents, byte for byte",
        ("tenant", "envelope_id"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("envelope_id", TEXT, "posting id and attempt"),
        _of("posting_id", TEXT, "the posting"),
        _of("subject", TEXT, "whose key encrypts it"),
        _of("sealed", BYTES, "the sealed bytes exactly as sent, encrypted"),
        _of("created_at", MOMENT, "when it was sealed"),
        _of("not_after", MOMENT, "when it dies"),
    )
    _index("envelopes_posting_id_ix", "envelopes", "tenant", "posting_id")


def _trail() -> None:
    _table(
        "audit_records",
        "what happened; rows are never changed once sealed",
        ("tenant", "record_id"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("record_id", TEXT, "sorts by time of writing"),
        _of("at", MOMENT, "when it happened"),
        _of("kind", TEXT, "stable name of what happened"),
        _of("subject", TEXT, "whom or what it is about, such as an order's key"),
        _of("trace", TEXT, "W3C traceparent"),
        _of("fields", TEXT, "facts without personal data or secrets, canonical JSON"),
        _of("payload_digest", TEXT, "salted commitment to the payload, empty without one"),
        _of("salt", BYTES, "of the record's own commitment"),
        _of("digest", TEXT, "the record's own commitment, the leaf in its batch"),
        _maybe("batch", BIG, "the batch it is sealed in; null until then"),
        _maybe("payload", BYTES, "what it carries that may be personal, salted, encrypted under the subject's key"),
    )
    _index("audit_records_batch_ix", "audit_records", "tenant", "batch")
    _index("audit_records_subject_ix", "audit_records", "tenant", "subject", "record_id")
    _table(
        "audit_chains",
        "one chain per tenant; its row is the sealer's lock",
        ("tenant",),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("batches", BIG, "batches sealed so far"),
        _of("head", TEXT, "the chain's head"),
        _of("high_water", BIG, "records sealed so far; agents remember it to notice a database that went back"),
        _maybe("sealed_at", MOMENT, "when the last batch was sealed"),
    )
    _table(
        "audit_batches",
        "the chain of sealed batches; never deleted",
        ("tenant", "sequence"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("sequence", BIG, "counts from 1 without gaps"),
        _of("previous", TEXT, "head before this batch"),
        _of("root", TEXT, "Merkle root over the records' commitments, ordered by record id"),
        _of("count", NUMBER, "number of records"),
        _of("head", TEXT, "head after this batch"),
        _of("leaves", BYTES, "the commitments in order, 32 bytes each: they name the record that changed"),
        _of("sealed_at", MOMENT, "when it was sealed"),
        _maybe("archived_at", MOMENT, "when its rows were moved away; the root stays"),
    )
    _table(
        "anchors",
        "heads of the agents' audit chains, witnessed by the relay",
        ("tenant", "instance", "sequence"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("instance", TEXT, "the agent whose chain it is"),
        _of("sequence", BIG, "position in the agent's chain"),
        _of("head", TEXT, "the agent's head there"),
        _of("at", MOMENT, "when it was witnessed"),
    )
    _table(
        "subject_keys",
        "data keys per subject",
        ("tenant", "subject"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("subject", TEXT, "whose data the key encrypts"),
        _maybe("wrapped_key", BYTES, "the data key under the master key; null: destroyed, a tombstone"),
        _of("master_key_id", TEXT, "the master key that wraps it"),
        _of("created_at", MOMENT, "when it was made"),
        _maybe("destroyed_at", MOMENT, "when the subject was erased"),
        _of("destroyed_reason", TEXT, "why it was erased"),
    )
    _table(
        "alerts",
        "what a person should know, once per cause",
        ("tenant", "key"),
        _of("tenant", TEXT, "the tenant the row belongs to"),
        _of("key", TEXT, "what it is about; one alert per key"),
        _of("kind", TEXT, "stable name of the kind of alert"),
        _of("severity", TEXT, "warning or critical"),
        _of("owner", TEXT, "who takes the next step"),
        _of("sentence", TEXT, "what is the matter and what to do"),
        _of("count", BIG, "how often it was raised since it was opened"),
        _of("opened_at", MOMENT, "when it was opened, again if it had been closed"),
        _of("refreshed_at", MOMENT, "when it was last raised"),
        _maybe("acknowledged_at", MOMENT, "when a person took it on"),
        _of("acknowledged_by", TEXT, "who took it on"),
        _maybe("closed_at", MOMENT, "when its cause was cured"),
    )


def downgrade() -> None:
    """Refuse: identities are never pruned."""
    raise NotImplementedError("the first schema is not taken back")
