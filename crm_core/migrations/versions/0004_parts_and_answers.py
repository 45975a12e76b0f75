"""Parts and answers.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

from crm_core.kernel.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mac", sa.String(length=32), nullable=False),
        sa.Column("seal", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "document_drafts",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=True),
        sa.Column("content_enc", sa.Text(), nullable=True),
        sa.Column("author_id", sa.String(length=26), nullable=False),
        sa.Column("decided_by", sa.String(length=26), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_drafts")),
    )
    with op.batch_alter_table("document_drafts", schema=None) as batch_op:
        batch_op.create_index("ix_document_drafts_source", ["tenant", "source", "state"], unique=False)

    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.String(length=26), nullable=False),
        sa.Column("by_id", sa.String(length=26), nullable=False),
        sa.Column("second_id", sa.String(length=26), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    with op.batch_alter_table("erasures", schema=None) as batch_op:
        batch_op.create_index("ix_erasures_gone", ["tenant", "gone_id"], unique=False)

    op.create_table(
        "fit_cases",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(length=26), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("part_id", sa.String(length=26), nullable=True),
        sa.Column("model_id", sa.String(length=26), nullable=True),
        sa.Column("position", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("condition_enc", sa.Text(), nullable=True),
        sa.Column("author_id", sa.String(length=26), nullable=True),
        sa.Column("said_at", UtcDateTime(), nullable=True),
        sa.Column("reviewer_id", sa.String(length=26), nullable=True),
        sa.Column("application_id", sa.String(length=26), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fit_cases")),
        sa.UniqueConstraint("tenant", "task_id", name=op.f("uq_fit_cases_tenant_task_id")),
    )
    with op.batch_alter_table("fit_cases", schema=None) as batch_op:
        batch_op.create_index("ix_fit_cases_state", ["tenant", "state"], unique=False)

    op.create_table(
        "grant_requests",
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
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("asker_id", sa.String(length=26), nullable=False),
        sa.Column("decider_id", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_requests")),
    )
    with op.batch_alter_table("grant_requests", schema=None) as batch_op:
        batch_op.create_index("ix_grant_requests_state", ["tenant", "state"], unique=False)

    op.create_table(
        "held_records",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("erasure_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("content_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_records")),
    )
    with op.batch_alter_table("held_records", schema=None) as batch_op:
        batch_op.create_index("ix_held_records_until", ["tenant", "until"], unique=False)

    op.create_table(
        "part_prices",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.String(length=26), nullable=False),
        sa.Column("price_class", sa.String(length=20), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_prices")),
        sa.UniqueConstraint(
            "tenant",
            "part_id",
            "price_class",
            "unit",
            name=op.f("uq_part_prices_tenant_part_id_price_class_unit"),
        ),
    )
    op.create_table(
        "privacy_requests",
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
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("customer_id", sa.String(length=26), nullable=True),
        sa.Column("asker_id", sa.String(length=26), nullable=False),
        sa.Column("confirmer_id", sa.String(length=26), nullable=False),
        sa.Column("decider_id", sa.String(length=26), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("blob_id", sa.String(length=26), nullable=False),
        sa.Column("reason_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    with op.batch_alter_table("privacy_requests", schema=None) as batch_op:
        batch_op.create_index("ix_privacy_requests_state", ["tenant", "state", "expires_at"], unique=False)

    op.create_table(
        "reveals",
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
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("customer_id", sa.String(length=26), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reveals")),
    )
    with op.batch_alter_table("reveals", schema=None) as batch_op:
        batch_op.create_index("ix_reveals_person", ["person_id", "created_at"], unique=False)

    op.create_table(
        "shares",
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
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("customer_id", sa.String(length=26), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=True),
        sa.Column("grantee_id", sa.String(length=26), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("given_by", sa.String(length=26), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=26), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
    )
    with op.batch_alter_table("shares", schema=None) as batch_op:
        batch_op.create_index("ix_shares_customer", ["customer_id"], unique=False)
        batch_op.create_index("ix_shares_grantee", ["grantee_id", "ended_at"], unique=False)
        batch_op.create_index("ix_shares_record", ["tenant", "kind", "record_id"], unique=False)

    op.create_table(
        "solved_cases",
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
        sa.Column("task_id", sa.String(length=26), nullable=False),
        sa.Column("ref", sa.String(length=12), nullable=False),
        sa.Column("question_enc", sa.Text(), nullable=True),
        sa.Column("answer_enc", sa.Text(), nullable=True),
        sa.Column("solved_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_solved_cases")),
        sa.UniqueConstraint("tenant", "task_id", name=op.f("uq_solved_cases_tenant_task_id")),
    )
    with op.batch_alter_table("solved_cases", schema=None) as batch_op:
        batch_op.create_index("ix_solved_cases_customer", ["customer_id"], unique=False)
        batch_op.create_index("ix_solved_cases_unit", ["tenant", "unit", "solved_at"], unique=False)

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("conditions", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("quantity", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ref", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("author_id", sa.String(length=26), server_default="", nullable=False))
        batch_op.add_column(sa.Column("confidence", sa.Integer(), nullable=True))
        batch_op.create_index(
            "ix_applications_denials",
            ["tenant", "part_id", "model_id"],
            unique=False,
            sqlite_where=sa.text("fits = 0"),
            postgresql_where=sa.text("NOT fits"),
        )

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("chain", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("mac", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("values_mac", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("cleared", sa.String(length=32), nullable=True))

    with op.batch_alter_table("chunks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("page", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("cross_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("brand", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(sa.Column("confidence", sa.Integer(), nullable=True))

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("price_class", sa.String(length=20), server_default="", nullable=False))

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pages", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("edition", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("author_id", sa.String(length=26), server_default="", nullable=False))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("then_enc", sa.Text(), nullable=True))

    with op.batch_alter_table("parts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("maker", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("aftermarket", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch_op.drop_constraint(batch_op.f("uq_parts_tenant_oe_key"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_parts_tenant_oe_key_maker"), ["tenant", "oe_key", "maker"]
        )


def downgrade() -> None:
    with op.batch_alter_table("parts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_parts_tenant_oe_key_maker"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_parts_tenant_oe_key"), ["tenant", "oe_key"])
        batch_op.drop_column("aftermarket")
        batch_op.drop_column("maker")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("then_enc")

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_column("author_id")
        batch_op.drop_column("edition")
        batch_op.drop_column("pages")

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_column("price_class")

    with op.batch_alter_table("cross_refs", schema=None) as batch_op:
        batch_op.drop_column("confidence")
        batch_op.drop_column("brand")

    with op.batch_alter_table("chunks", schema=None) as batch_op:
        batch_op.drop_column("page")

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_column("cleared")
        batch_op.drop_column("values_mac")
        batch_op.drop_column("mac")
        batch_op.drop_column("position")
        batch_op.drop_column("chain")

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_applications_denials", sqlite_where=sa.text("fits = 0"), postgresql_where=sa.text("NOT fits")
        )
        batch_op.drop_column("confidence")
        batch_op.drop_column("author_id")
        batch_op.drop_column("ref")
        batch_op.drop_column("quantity")
        batch_op.drop_column("conditions")

    with op.batch_alter_table("solved_cases", schema=None) as batch_op:
        batch_op.drop_index("ix_solved_cases_unit")
        batch_op.drop_index("ix_solved_cases_customer")

    op.drop_table("solved_cases")
    with op.batch_alter_table("shares", schema=None) as batch_op:
        batch_op.drop_index("ix_shares_record")
        batch_op.drop_index("ix_shares_grantee")
        batch_op.drop_index("ix_shares_customer")

    op.drop_table("shares")
    with op.batch_alter_table("reveals", schema=None) as batch_op:
        batch_op.drop_index("ix_reveals_person")

    op.drop_table("reveals")
    with op.batch_alter_table("privacy_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_privacy_requests_state")

    op.drop_table("privacy_requests")
    op.drop_table("part_prices")
    with op.batch_alter_table("held_records", schema=None) as batch_op:
        batch_op.drop_index("ix_held_records_until")

    op.drop_table("held_records")
    with op.batch_alter_table("grant_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_grant_requests_state")

    op.drop_table("grant_requests")
    with op.batch_alter_table("fit_cases", schema=None) as batch_op:
        batch_op.drop_index("ix_fit_cases_state")

    op.drop_table("fit_cases")
    with op.batch_alter_table("erasures", schema=None) as batch_op:
        batch_op.drop_index("ix_erasures_gone")

    op.drop_table("erasures")
    with op.batch_alter_table("document_drafts", schema=None) as batch_op:
        batch_op.drop_index("ix_document_drafts_source")

    op.drop_table("document_drafts")
    op.drop_table("audit_heads")
