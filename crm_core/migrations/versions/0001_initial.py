"""The first schema.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

from crm_core.kernel.db import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("chat", sa.String(length=100), nullable=False),
        sa.Column("message_key", sa.String(length=160), nullable=False),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("params_enc", sa.Text(), nullable=True),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("shown_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
    )
    op.create_index("ix_actions_message", "actions", ["message_key"], unique=False)
    op.create_index("ix_actions_person", "actions", ["person_id", "shown_at"], unique=False)
    op.create_table(
        "applications",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("natural_key", sa.String(length=32), nullable=False),
        sa.Column("part_id", sa.String(length=26), nullable=False),
        sa.Column("model_id", sa.String(length=26), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("fits", sa.Boolean(), nullable=False),
        sa.Column("trims", sa.JSON(), nullable=True),
        sa.Column("engines", sa.JSON(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=True),
        sa.Column("position", sa.String(length=20), nullable=False),
        sa.Column("from_vin", sa.String(length=17), nullable=False),
        sa.Column("to_vin", sa.String(length=17), nullable=False),
        sa.Column("from_month", sa.String(length=7), nullable=False),
        sa.Column("to_month", sa.String(length=7), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("tenant", "natural_key", name=op.f("uq_applications_tenant_natural_key")),
    )
    op.create_index("ix_applications_model", "applications", ["tenant", "model_id", "category"], unique=False)
    op.create_index("ix_applications_part", "applications", ["tenant", "part_id", "model_id"], unique=False)
    op.create_table(
        "appointments",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("deal_id", sa.String(length=26), nullable=True),
        sa.Column("vehicle", sa.String(length=200), nullable=False),
        sa.Column("vehicle_key", sa.String(length=200), nullable=False),
        sa.Column("start_at", UtcDateTime(), nullable=False),
        sa.Column("end_at", UtcDateTime(), nullable=False),
        sa.Column("vague", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("booked_by", sa.String(length=26), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("text_enc", sa.Text(), nullable=True),
        sa.Column("outcome_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    op.create_index(
        "ix_appointments_customer", "appointments", ["tenant", "customer_id", "start_at"], unique=False
    )
    op.create_index("ix_appointments_deal", "appointments", ["deal_id"], unique=False)
    op.create_index("ix_appointments_owner", "appointments", ["tenant", "owner_id", "start_at"], unique=False)
    op.create_index("ix_appointments_unit", "appointments", ["tenant", "unit", "start_at"], unique=False)
    op.create_table(
        "approval_steps",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("approver_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_steps")),
        sa.UniqueConstraint(
            "approval_id",
            "number",
            "approver_id",
            name=op.f("uq_approval_steps_approval_id_number_approver_id"),
        ),
    )
    op.create_table(
        "approval_votes",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_votes")),
        sa.UniqueConstraint(
            "approval_id", "number", "person_id", name=op.f("uq_approval_votes_approval_id_number_person_id")
        ),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.String(length=26), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("before_fen", sa.BigInteger(), nullable=False),
        sa.Column("granted_fen", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("asker_id", sa.String(length=26), nullable=False),
        sa.Column("approver_id", sa.String(length=26), nullable=False),
        sa.Column("decider_id", sa.String(length=26), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("applied_at", UtcDateTime(), nullable=True),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("reason_enc", sa.Text(), nullable=True),
        sa.Column("said_enc", sa.Text(), nullable=True),
        sa.Column("decided_text_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index("ix_approvals_deal", "approvals", ["tenant", "deal_id", "state"], unique=False)
    op.create_index("ix_approvals_owner", "approvals", ["tenant", "owner_id"], unique=False)
    op.create_index("ix_approvals_record", "approvals", ["tenant", "record_id", "state"], unique=False)
    op.create_index("ix_approvals_unit", "approvals", ["tenant", "unit", "state"], unique=False)
    op.create_table(
        "attempts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=60), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("outbox_id", "token", name=op.f("uq_attempts_outbox_id_token")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.String(length=26), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("resource", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("fields", sa.String(length=400), nullable=False),
        sa.Column("values_enc", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_record", "audit", ["tenant", "resource", "record_id"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("mime", sa.String(length=60), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blobs")),
    )
    op.create_table(
        "cars",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("model_id", sa.String(length=26), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("vin_enc", sa.Text(), nullable=True),
        sa.Column("vin_index", sa.String(length=32), nullable=False),
        sa.Column("vin_tail_index", sa.String(length=32), nullable=False),
        sa.Column("plate_enc", sa.Text(), nullable=True),
        sa.Column("plate_index", sa.String(length=32), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("mileage_km", sa.Integer(), nullable=True),
        sa.Column("colour", sa.String(length=40), nullable=False),
        sa.Column("options", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cars")),
    )
    op.create_index("ix_cars_customer", "cars", ["tenant", "customer_id"], unique=False)
    op.create_index("ix_cars_plate", "cars", ["tenant", "plate_index"], unique=False)
    op.create_index("ix_cars_vin", "cars", ["tenant", "vin_index"], unique=False)
    op.create_index("ix_cars_vin_tail", "cars", ["tenant", "vin_tail_index"], unique=False)
    op.create_table(
        "chat_messages",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("chat", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("params_enc", sa.Text(), nullable=True),
        sa.Column("body_enc", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.String(length=128), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
        sa.UniqueConstraint("chat", "key", name=op.f("uq_chat_messages_chat_key")),
        sa.UniqueConstraint("chat", "seq", name=op.f("uq_chat_messages_chat_seq")),
    )
    op.create_index("ix_chat_messages_rev", "chat_messages", ["chat", "rev"], unique=False)
    op.create_index(
        "ix_chat_messages_subject",
        "chat_messages",
        ["tenant", "subject"],
        unique=False,
        sqlite_where=sa.text("subject <> ''"),
        postgresql_where=sa.text("subject <> ''"),
    )
    op.create_table(
        "chats",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("read_seq", sa.Integer(), nullable=False),
        sa.Column("state_enc", sa.Text(), nullable=True),
        sa.Column("state_version", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
    )
    op.create_table(
        "chunk_vectors",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("dim", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chunk_vectors")),
        sa.UniqueConstraint("tenant", "model", "hash", name=op.f("uq_chunk_vectors_tenant_model_hash")),
    )
    op.create_table(
        "chunks",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=26), nullable=False),
        sa.Column("section", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chunks")),
        sa.UniqueConstraint("document_id", "position", name=op.f("uq_chunks_document_id_position")),
    )
    op.create_index("ix_chunks_hash", "chunks", ["tenant", "hash"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(length=26), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        "ix_consents_customer", "consents", ["customer_id", "purpose", "created_at"], unique=False
    )
    op.create_table(
        "contact_points",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(length=26), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value_enc", sa.Text(), nullable=True),
        sa.Column("value_index", sa.String(length=32), nullable=False),
        sa.Column("tail_index", sa.String(length=32), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_points")),
        sa.UniqueConstraint(
            "customer_id", "value_index", name=op.f("uq_contact_points_customer_id_value_index")
        ),
    )
    op.create_index("ix_contact_points_tail", "contact_points", ["tenant", "tail_index"], unique=False)
    op.create_index("ix_contact_points_value", "contact_points", ["tenant", "value_index"], unique=False)
    op.create_table(
        "cross_refs",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_key", sa.String(length=60), nullable=False),
        sa.Column("to_key", sa.String(length=40), nullable=False),
        sa.Column("display", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_refs")),
        sa.UniqueConstraint(
            "tenant", "kind", "from_key", "to_key", name=op.f("uq_cross_refs_tenant_kind_from_key_to_key")
        ),
    )
    op.create_index("ix_cross_refs_from", "cross_refs", ["tenant", "from_key"], unique=False)
    op.create_index("ix_cross_refs_to", "cross_refs", ["tenant", "to_key"], unique=False)
    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("pinyin", sa.String(length=200), nullable=False),
        sa.Column("initials", sa.String(length=40), nullable=False),
        sa.Column("surname", sa.String(length=8), nullable=False),
        sa.Column("gender", sa.String(length=1), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("email_enc", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("level", sa.String(length=4), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=True),
        sa.Column("birth_month", sa.Integer(), nullable=True),
        sa.Column("birth_day", sa.Integer(), nullable=True),
        sa.Column("birth_year_enc", sa.Text(), nullable=True),
        sa.Column("lunar", sa.Boolean(), nullable=False),
        sa.Column("touched_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("tenant", "code", name=op.f("uq_customers_tenant_code")),
    )
    op.create_index(
        "ix_customers_birthday", "customers", ["tenant", "birth_month", "birth_day"], unique=False
    )
    op.create_index("ix_customers_initials", "customers", ["tenant", "initials"], unique=False)
    op.create_index("ix_customers_name", "customers", ["tenant", "name"], unique=False)
    op.create_index("ix_customers_owner", "customers", ["owner_id", "surname", "touched_at"], unique=False)
    op.create_index("ix_customers_pinyin", "customers", ["tenant", "pinyin"], unique=False)
    op.create_index("ix_customers_surname", "customers", ["tenant", "surname", "touched_at"], unique=False)
    op.create_index("ix_customers_unit", "customers", ["tenant", "unit"], unique=False)
    op.create_table(
        "deal_stages",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.String(length=26), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("by_id", sa.String(length=26), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_stages")),
    )
    op.create_index("ix_deal_stages_deal", "deal_stages", ["tenant", "deal_id", "entered_at"], unique=False)
    op.create_table(
        "deals",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("lead_id", sa.String(length=26), nullable=True),
        sa.Column("pipeline", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=4), nullable=False),
        sa.Column("interest", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expected_close", sa.Date(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("stage_since", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("lost_reason_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deals")),
    )
    op.create_index("ix_deals_customer", "deals", ["tenant", "customer_id", "state"], unique=False)
    op.create_index("ix_deals_lead", "deals", ["lead_id"], unique=False)
    op.create_index("ix_deals_owner", "deals", ["tenant", "owner_id", "state"], unique=False)
    op.create_index("ix_deals_ref", "deals", ["tenant", "ref"], unique=False)
    op.create_index("ix_deals_unit", "deals", ["tenant", "unit", "state"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=True),
        sa.Column("questions", sa.JSON(), nullable=True),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("tenant", "source", name=op.f("uq_documents_tenant_source")),
    )
    op.create_index("ix_documents_audience", "documents", ["tenant", "audience", "unit"], unique=False)
    op.create_table(
        "executed",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("result_enc", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executed")),
    )
    op.create_table(
        "followups",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("sop", sa.String(length=60), nullable=False),
        sa.Column("sop_digest", sa.String(length=32), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("occurrence", sa.String(length=60), nullable=False),
        sa.Column("lead_id", sa.String(length=26), nullable=True),
        sa.Column("deal_id", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("current_step", sa.Integer(), nullable=False),
        sa.Column("greeted_at", UtcDateTime(), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("answer_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followups")),
        sa.UniqueConstraint(
            "tenant", "sop", "subject", "occurrence", name=op.f("uq_followups_tenant_sop_subject_occurrence")
        ),
    )
    op.create_index("ix_followups_customer", "followups", ["tenant", "customer_id", "state"], unique=False)
    op.create_index("ix_followups_deal", "followups", ["deal_id"], unique=False)
    op.create_index("ix_followups_lead", "followups", ["lead_id"], unique=False)
    op.create_index(
        "ix_followups_owner", "followups", ["tenant", "owner_id", "state", "due_at"], unique=False
    )
    op.create_index("ix_followups_unit", "followups", ["tenant", "unit", "state"], unique=False)
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("given_by", sa.String(length=26), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=True),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("person_id", "role", "unit", name=op.f("uq_grants_person_id_role_unit")),
    )
    op.create_index("ix_grants_unit", "grants", ["tenant", "unit"], unique=False)
    op.create_table(
        "identities",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("native_id", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("chat", sa.String(length=100), nullable=False),
        sa.Column("dead", sa.Boolean(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint(
            "channel", "account", "native_id", name=op.f("uq_identities_channel_account_native_id")
        ),
    )
    op.create_index("ix_identities_person", "identities", ["person_id", "used_at"], unique=False)
    op.create_table(
        "imported",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported")),
        sa.UniqueConstraint("tenant", "kind", "key", name=op.f("uq_imported_tenant_kind_key")),
    )
    op.create_table(
        "inbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("dedupe_key", sa.String(length=128), nullable=False),
        sa.Column("sender", sa.String(length=100), nullable=False),
        sa.Column("raw_enc", sa.Text(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "channel", "account", "dedupe_key", name=op.f("uq_inbox_channel_account_dedupe_key")
        ),
    )
    op.create_index(
        "ix_inbox_sender",
        "inbox",
        ["sender", "id"],
        unique=False,
        sqlite_where=sa.text("state in (0,1)"),
        postgresql_where=sa.text("state in (0,1)"),
    )
    op.create_index(
        "ix_inbox_todo",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state in (0,1)"),
        postgresql_where=sa.text("state in (0,1)"),
    )
    op.create_table(
        "invites",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("reusable", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invites")),
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("vehicle", sa.String(length=200), nullable=False),
        sa.Column("interest_key", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("email_enc", sa.Text(), nullable=True),
        sa.Column("message_enc", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("campaign", sa.String(length=200), nullable=False),
        sa.Column("event_time", UtcDateTime(), nullable=True),
        sa.Column("level", sa.String(length=4), nullable=False),
        sa.Column("deal_id", sa.String(length=26), nullable=True),
        sa.Column("phone_ok", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("reason_zh", sa.String(length=200), nullable=False),
        sa.Column("reason_en", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("lost_reason_enc", sa.Text(), nullable=True),
        sa.Column("assigned_at", UtcDateTime(), nullable=True),
        sa.Column("contacted_at", UtcDateTime(), nullable=True),
        sa.Column("offered_at", UtcDateTime(), nullable=True),
        sa.Column("first_call_due", UtcDateTime(), nullable=True),
        sa.Column("touches", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
    op.create_index("ix_leads_assigned", "leads", ["owner_id", "assigned_at"], unique=False)
    op.create_index("ix_leads_created", "leads", ["tenant", "created_at"], unique=False)
    op.create_index("ix_leads_customer", "leads", ["customer_id", "state"], unique=False)
    op.create_index("ix_leads_owner", "leads", ["owner_id", "state", "created_at"], unique=False)
    op.create_index("ix_leads_ref", "leads", ["tenant", "ref"], unique=False)
    op.create_index("ix_leads_unit", "leads", ["tenant", "unit", "state", "created_at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
    )
    op.create_table(
        "locks",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locks")),
    )
    op.create_table(
        "meta",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meta")),
    )
    op.create_table(
        "model_names",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_names")),
        sa.UniqueConstraint("model_id", "kind", "name", name=op.f("uq_model_names_model_id_kind_name")),
    )
    op.create_index("ix_model_names_name", "model_names", ["tenant", "kind", "name"], unique=False)
    op.create_table(
        "models",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("brand", sa.String(length=60), nullable=False),
        sa.Column("brand_en", sa.String(length=60), nullable=False),
        sa.Column("series", sa.String(length=80), nullable=False),
        sa.Column("series_en", sa.String(length=80), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=True),
        sa.Column("generation", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("engine", sa.String(length=60), nullable=False),
        sa.Column("engine_code", sa.String(length=40), nullable=False),
        sa.Column("displacement", sa.String(length=20), nullable=False),
        sa.Column("fuel", sa.String(length=20), nullable=False),
        sa.Column("gearbox", sa.String(length=60), nullable=False),
        sa.Column("trim", sa.String(length=80), nullable=False),
        sa.Column("market", sa.String(length=20), nullable=False),
        sa.Column("from_month", sa.String(length=7), nullable=False),
        sa.Column("to_month", sa.String(length=7), nullable=False),
        sa.Column("list_fen", sa.Integer(), nullable=True),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("tenant", "code", name=op.f("uq_models_tenant_code")),
    )
    op.create_index("ix_models_external", "models", ["tenant", "external_id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_lines_order_id_position")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("tenant", "code", name=op.f("uq_orders_tenant_code")),
    )
    op.create_index("ix_orders_customer", "orders", ["tenant", "customer_id", "ordered_on"], unique=False)
    op.create_index("ix_orders_owner", "orders", ["tenant", "owner_id", "ordered_on"], unique=False)
    op.create_index("ix_orders_ref", "orders", ["tenant", "ref"], unique=False)
    op.create_index("ix_orders_unit", "orders", ["tenant", "unit", "ordered_on"], unique=False)
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("chat", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("payload_enc", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=60), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("shown_at", UtcDateTime(), nullable=True),
        sa.Column("provider_id", sa.String(length=128), nullable=True),
        sa.Column("body_enc", sa.Text(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_dedupe_key")),
    )
    op.create_index(
        "ix_outbox_chat",
        "outbox",
        ["chat", "id"],
        unique=False,
        sqlite_where=sa.text("state in (0,1)"),
        postgresql_where=sa.text("state in (0,1)"),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["priority", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index(
        "ix_outbox_lease",
        "outbox",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )
    op.create_index("ix_outbox_person", "outbox", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_outbox_unseen",
        "outbox",
        ["person_id", "id"],
        unique=False,
        sqlite_where=sa.text("shown_at is null"),
        postgresql_where=sa.text("shown_at is null"),
    )
    op.create_table(
        "part_stock",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.String(length=26), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("bin", sa.String(length=40), nullable=False),
        sa.Column("in_transit", sa.Integer(), nullable=False),
        sa.Column("eta_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_stock")),
        sa.UniqueConstraint("tenant", "part_id", "unit", name=op.f("uq_part_stock_tenant_part_id_unit")),
    )
    op.create_table(
        "parts",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("oe_key", sa.String(length=40), nullable=False),
        sa.Column("oe", sa.String(length=60), nullable=False),
        sa.Column("brand", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("position", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=True),
        sa.Column("cost_fen", sa.Integer(), nullable=True),
        sa.Column("supplier", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parts")),
        sa.UniqueConstraint("tenant", "oe_key", name=op.f("uq_parts_tenant_oe_key")),
    )
    op.create_index("ix_parts_category", "parts", ["tenant", "category", "position"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("phone_enc", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.String(length=32), nullable=False),
        sa.Column("wecom_userid", sa.String(length=64), nullable=False),
        sa.Column("expertise", sa.JSON(), nullable=True),
        sa.Column("away_until", UtcDateTime(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("tenant", "code", name=op.f("uq_people_tenant_code")),
    )
    op.create_index("ix_people_customer", "people", ["customer_id"], unique=False)
    op.create_index("ix_people_unit", "people", ["tenant", "unit"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("deal_id", sa.String(length=26), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("list_fen", sa.BigInteger(), nullable=False),
        sa.Column("discount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
    )
    op.create_index("ix_quotes_customer", "quotes", ["tenant", "customer_id"], unique=False)
    op.create_index("ix_quotes_deal", "quotes", ["tenant", "deal_id", "state"], unique=False)
    op.create_table(
        "records",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.String(length=26), nullable=False),
        sa.Column("text_enc", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
    )
    op.create_index("ix_records_customer", "records", ["customer_id", "at"], unique=False)
    op.create_index("ix_records_owner", "records", ["owner_id", "at"], unique=False)
    op.create_index("ix_records_ref", "records", ["tenant", "ref"], unique=False)
    op.create_table(
        "stock_cars",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("model_id", sa.String(length=26), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("vin_enc", sa.Text(), nullable=True),
        sa.Column("colour", sa.String(length=40), nullable=False),
        sa.Column("list_fen", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("eta_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_cars")),
        sa.UniqueConstraint("tenant", "code", name=op.f("uq_stock_cars_tenant_code")),
    )
    op.create_index("ix_stock_cars_model", "stock_cars", ["tenant", "model_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("asker_id", sa.String(length=26), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("fallback", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("previous_id", sa.String(length=26), nullable=True),
        sa.Column("title_enc", sa.Text(), nullable=True),
        sa.Column("text_enc", sa.Text(), nullable=True),
        sa.Column("answer_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_customer", "tasks", ["tenant", "customer_id"], unique=False)
    op.create_index("ix_tasks_owner", "tasks", ["tenant", "owner_id", "state", "due_at"], unique=False)
    op.create_index("ix_tasks_subject", "tasks", ["subject"], unique=False)
    op.create_index("ix_tasks_unit", "tasks", ["tenant", "unit", "state"], unique=False)
    op.create_table(
        "timers",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=160), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_timers_dedupe_key")),
    )
    op.create_index(
        "ix_timers_due",
        "timers",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index("ix_timers_subject", "timers", ["subject", "state"], unique=False)
    op.create_table(
        "touches",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("lead_id", sa.String(length=26), nullable=False),
        sa.Column("customer_id", sa.String(length=26), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("campaign", sa.String(length=200), nullable=False),
        sa.Column("referrer", sa.String(length=500), nullable=False),
        sa.Column("utm", sa.JSON(), nullable=False),
        sa.Column("event_time", UtcDateTime(), nullable=True),
        sa.Column("message_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touches")),
    )
    op.create_index("ix_touches_customer", "touches", ["customer_id"], unique=False)
    op.create_index("ix_touches_lead", "touches", ["lead_id"], unique=False)
    op.create_table(
        "undo",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=26), nullable=False),
        sa.Column("command", sa.String(length=60), nullable=False),
        sa.Column("inverse_enc", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undo")),
    )
    op.create_index("ix_undo_actor", "undo", ["actor_id", "created_at"], unique=False)
    op.create_table(
        "units",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "path",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("brands", sa.JSON(), nullable=True),
        sa.Column("pipeline", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("tenant", "path", name=op.f("uq_units_tenant_path")),
    )


def downgrade() -> None:
    op.drop_table("units")
    op.drop_index("ix_undo_actor", table_name="undo")
    op.drop_table("undo")
    op.drop_index("ix_touches_lead", table_name="touches")
    op.drop_index("ix_touches_customer", table_name="touches")
    op.drop_table("touches")
    op.drop_index("ix_timers_subject", table_name="timers")
    op.drop_index(
        "ix_timers_due",
        table_name="timers",
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.drop_table("timers")
    op.drop_index("ix_tasks_unit", table_name="tasks")
    op.drop_index("ix_tasks_subject", table_name="tasks")
    op.drop_index("ix_tasks_owner", table_name="tasks")
    op.drop_index("ix_tasks_customer", table_name="tasks")
    op.drop_table("tasks")
    op.drop_index("ix_stock_cars_model", table_name="stock_cars")
    op.drop_table("stock_cars")
    op.drop_index("ix_records_ref", table_name="records")
    op.drop_index("ix_records_owner", table_name="records")
    op.drop_index("ix_records_customer", table_name="records")
    op.drop_table("records")
    op.drop_index("ix_quotes_deal", table_name="quotes")
    op.drop_index("ix_quotes_customer", table_name="quotes")
    op.drop_table("quotes")
    op.drop_index("ix_people_unit", table_name="people")
    op.drop_index("ix_people_customer", table_name="people")
    op.drop_table("people")
    op.drop_index("ix_parts_category", table_name="parts")
    op.drop_table("parts")
    op.drop_table("part_stock")
    op.drop_index(
        "ix_outbox_unseen",
        table_name="outbox",
        sqlite_where=sa.text("shown_at is null"),
        postgresql_where=sa.text("shown_at is null"),
    )
    op.drop_index("ix_outbox_person", table_name="outbox")
    op.drop_index(
        "ix_outbox_lease",
        table_name="outbox",
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )
    op.drop_index(
        "ix_outbox_due",
        table_name="outbox",
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.drop_index(
        "ix_outbox_chat",
        table_name="outbox",
        sqlite_where=sa.text("state in (0,1)"),
        postgresql_where=sa.text("state in (0,1)"),
    )
    op.drop_table("outbox")
    op.drop_index("ix_orders_unit", table_name="orders")
    op.drop_index("ix_orders_ref", table_name="orders")
    op.drop_index("ix_orders_owner", table_name="orders")
    op.drop_index("ix_orders_customer", table_name="orders")
    op.drop_table("orders")
    op.drop_table("order_lines")
    op.drop_index("ix_models_external", table_name="models")
    op.drop_table("models")
    op.drop_index("ix_model_names_name", table_name="model_names")
    op.drop_table("model_names")
    op.drop_table("meta")
    op.drop_table("locks")
    op.drop_table("leases")
    op.drop_index("ix_leads_unit", table_name="leads")
    op.drop_index("ix_leads_ref", table_name="leads")
    op.drop_index("ix_leads_owner", table_name="leads")
    op.drop_index("ix_leads_customer", table_name="leads")
    op.drop_index("ix_leads_created", table_name="leads")
    op.drop_index("ix_leads_assigned", table_name="leads")
    op.drop_table("leads")
    op.drop_table("invites")
    op.drop_index(
        "ix_inbox_todo",
        table_name="inbox",
        sqlite_where=sa.text("state in (0,1)"),
        postgresql_where=sa.text("state in (0,1)"),
    )
    op.drop_index(
        "ix_inbox_sender",
        table_name="inbox",
        sqlite_where=sa.text("state in (0,1)"),
        postgresql_where=sa.text("state in (0,1)"),
    )
    op.drop_table("inbox")
    op.drop_table("imported")
    op.drop_index("ix_identities_person", table_name="identities")
    op.drop_table("identities")
    op.drop_index("ix_grants_unit", table_name="grants")
    op.drop_table("grants")
    op.drop_index("ix_followups_unit", table_name="followups")
    op.drop_index("ix_followups_owner", table_name="followups")
    op.drop_index("ix_followups_lead", table_name="followups")
    op.drop_index("ix_followups_deal", table_name="followups")
    op.drop_index("ix_followups_customer", table_name="followups")
    op.drop_table("followups")
    op.drop_table("executed")
    op.drop_index("ix_documents_audience", table_name="documents")
    op.drop_table("documents")
    op.drop_index("ix_deals_unit", table_name="deals")
    op.drop_index("ix_deals_ref", table_name="deals")
    op.drop_index("ix_deals_owner", table_name="deals")
    op.drop_index("ix_deals_lead", table_name="deals")
    op.drop_index("ix_deals_customer", table_name="deals")
    op.drop_table("deals")
    op.drop_index("ix_deal_stages_deal", table_name="deal_stages")
    op.drop_table("deal_stages")
    op.drop_index("ix_customers_unit", table_name="customers")
    op.drop_index("ix_customers_surname", table_name="customers")
    op.drop_index("ix_customers_pinyin", table_name="customers")
    op.drop_index("ix_customers_owner", table_name="customers")
    op.drop_index("ix_customers_name", table_name="customers")
    op.drop_index("ix_customers_initials", table_name="customers")
    op.drop_index("ix_customers_birthday", table_name="customers")
    op.drop_table("customers")
    op.drop_index("ix_cross_refs_to", table_name="cross_refs")
    op.drop_index("ix_cross_refs_from", table_name="cross_refs")
    op.drop_table("cross_refs")
    op.drop_index("ix_contact_points_value", table_name="contact_points")
    op.drop_index("ix_contact_points_tail", table_name="contact_points")
    op.drop_table("contact_points")
    op.drop_index("ix_consents_customer", table_name="consents")
    op.drop_table("consents")
    op.drop_index("ix_chunks_hash", table_name="chunks")
    op.drop_table("chunks")
    op.drop_table("chunk_vectors")
    op.drop_table("chats")
    op.drop_index(
        "ix_chat_messages_subject",
        table_name="chat_messages",
        sqlite_where=sa.text("subject <> ''"),
        postgresql_where=sa.text("subject <> ''"),
    )
    op.drop_index("ix_chat_messages_rev", table_name="chat_messages")
    op.drop_table("chat_messages")
    op.drop_index("ix_cars_vin_tail", table_name="cars")
    op.drop_index("ix_cars_vin", table_name="cars")
    op.drop_index("ix_cars_plate", table_name="cars")
    op.drop_index("ix_cars_customer", table_name="cars")
    op.drop_table("cars")
    op.drop_table("blobs")
    op.drop_index("ix_audit_record", table_name="audit")
    op.drop_table("audit")
    op.drop_table("attempts")
    op.drop_index("ix_approvals_unit", table_name="approvals")
    op.drop_index("ix_approvals_record", table_name="approvals")
    op.drop_index("ix_approvals_owner", table_name="approvals")
    op.drop_index("ix_approvals_deal", table_name="approvals")
    op.drop_table("approvals")
    op.drop_table("approval_votes")
    op.drop_table("approval_steps")
    op.drop_index("ix_appointments_unit", table_name="appointments")
    op.drop_index("ix_appointments_owner", table_name="appointments")
    op.drop_index("ix_appointments_deal", table_name="appointments")
    op.drop_index("ix_appointments_customer", table_name="appointments")
    op.drop_table("appointments")
    op.drop_index("ix_applications_part", table_name="applications")
    op.drop_index("ix_applications_model", table_name="applications")
    op.drop_table("applications")
    op.drop_index("ix_actions_person", table_name="actions")
    op.drop_index("ix_actions_message", table_name="actions")
    op.drop_table("actions")
