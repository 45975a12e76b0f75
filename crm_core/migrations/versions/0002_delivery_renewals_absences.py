"""Delivery, renewals, absences.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

from crm_core.kernel.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("start_at", UtcDateTime(), nullable=False),
        sa.Column("end_at", UtcDateTime(), nullable=False),
        sa.Column("deputy_id", sa.String(length=26), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("text_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.create_index("ix_absences_deputy", ["tenant", "deputy_id", "end_at"], unique=False)
        batch_op.create_index("ix_absences_person", ["tenant", "person_id", "end_at"], unique=False)

    op.create_table(
        "buckets",
        sa.Column("id", sa.String(length=160), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("blocked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buckets")),
    )
    op.create_table(
        "customer_merges",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.String(length=26), nullable=False),
        sa.Column("gone_id", sa.String(length=26), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("filled", sa.JSON(), nullable=False),
        sa.Column("split_at", UtcDateTime(), nullable=True),
        sa.Column("snapshot_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merges")),
    )
    with op.batch_alter_table("customer_merges", schema=None) as batch_op:
        batch_op.create_index("ix_customer_merges_gone", ["tenant", "gone_id"], unique=False)

    op.create_table(
        "digest_choices",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("digest", sa.String(length=10), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=True),
        sa.Column("send_at", sa.String(length=5), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_choices")),
        sa.UniqueConstraint(
            "tenant", "person_id", "digest", name=op.f("uq_digest_choices_tenant_person_id_digest")
        ),
    )
    op.create_table(
        "handovers",
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
        sa.Column("from_id", sa.String(length=26), nullable=False),
        sa.Column("to_id", sa.String(length=26), nullable=False),
        sa.Column("asker_id", sa.String(length=26), nullable=False),
        sa.Column("confirmer_id", sa.String(length=26), nullable=False),
        sa.Column("decider_id", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("leaving", sa.Boolean(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("reason_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    with op.batch_alter_table("handovers", schema=None) as batch_op:
        batch_op.create_index("ix_handovers_from", ["tenant", "from_id", "state"], unique=False)
        batch_op.create_index("ix_handovers_state", ["tenant", "state"], unique=False)

    op.create_table(
        "renewals",
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
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("car_id", sa.String(length=26), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("remind_on", sa.Date(), nullable=True),
        sa.Column("remind_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("previous_id", sa.String(length=26), nullable=True),
        sa.Column("text_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewals")),
    )
    with op.batch_alter_table("renewals", schema=None) as batch_op:
        batch_op.create_index("ix_renewals_armed", ["tenant", "state", "remind_at"], unique=False)
        batch_op.create_index("ix_renewals_car", ["car_id", "kind", "state"], unique=False)
        batch_op.create_index("ix_renewals_customer", ["tenant", "customer_id", "state"], unique=False)
        batch_op.create_index("ix_renewals_due", ["tenant", "state", "due_on"], unique=False)
        batch_op.create_index("ix_renewals_owner", ["tenant", "owner_id", "state", "due_on"], unique=False)
        batch_op.create_index("ix_renewals_remind", ["tenant", "state", "remind_on"], unique=False)

    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("round_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("for_id", sa.String(length=26), nullable=True))
        batch_op.add_column(sa.Column("record_id", sa.String(length=26), nullable=True))
        batch_op.create_index("ix_appointments_for", ["tenant", "for_id"], unique=False)

    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ended_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("error", sa.String(length=200), nullable=True))

    with op.batch_alter_table("cars", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mileage_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("serviced_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("serviced_km", sa.Integer(), nullable=True))

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("decision_maker", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("lunar_leap", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )

    with op.batch_alter_table("followups", schema=None) as batch_op:
        batch_op.add_column(sa.Column("snoozed_until", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("muted_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("for_id", sa.String(length=26), nullable=True))
        batch_op.create_index("ix_followups_for", ["tenant", "for_id"], unique=False)

    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("for_id", sa.String(length=26), nullable=True))
        batch_op.create_index("ix_leads_for", ["tenant", "for_id"], unique=False)

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("settled_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("told_at", UtcDateTime(), nullable=True))
        batch_op.create_index(
            "ix_outbox_account",
            ["account", "priority", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 0"),
            postgresql_where=sa.text("state = 0"),
        )
        batch_op.create_index(
            "ix_outbox_held",
            ["tenant", "person_id"],
            unique=False,
            sqlite_where=sa.text("state = 7"),
            postgresql_where=sa.text("state = 7"),
        )
        batch_op.create_index(
            "ix_outbox_trouble",
            ["settled_at", "id"],
            unique=False,
            sqlite_where=sa.text("state in (3,4)"),
            postgresql_where=sa.text("state in (3,4)"),
        )

    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deputy_id", sa.String(length=26), nullable=True))

    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("repeat_rule", sa.String(length=120), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("series_id", sa.String(length=26), nullable=True))
        batch_op.add_column(sa.Column("occurrence_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("muted_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("for_id", sa.String(length=26), nullable=True))
        batch_op.create_index("ix_tasks_for", ["tenant", "for_id"], unique=False)
        batch_op.create_unique_constraint(
            batch_op.f("uq_tasks_tenant_series_id_occurrence_on"), ["tenant", "series_id", "occurrence_on"]
        )

    with op.batch_alter_table("timers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default="2", nullable=False))
        batch_op.create_index(
            "ix_timers_dead",
            ["tenant", "id"],
            unique=False,
            sqlite_where=sa.text("state = 3"),
            postgresql_where=sa.text("state = 3"),
        )
        batch_op.create_index(
            "ix_timers_rank",
            ["priority", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 0"),
            postgresql_where=sa.text("state = 0"),
        )
    for account in ("web", "term"):
        op.execute(f"update outbox set account = '{account}' where chat like '{account}:%'")


def downgrade() -> None:
    with op.batch_alter_table("timers", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_timers_rank", sqlite_where=sa.text("state = 0"), postgresql_where=sa.text("state = 0")
        )
        batch_op.drop_index(
            "ix_timers_dead", sqlite_where=sa.text("state = 3"), postgresql_where=sa.text("state = 3")
        )
        batch_op.drop_column("priority")

    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_tasks_tenant_series_id_occurrence_on"), type_="unique")
        batch_op.drop_index("ix_tasks_for")
        batch_op.drop_column("for_id")
        batch_op.drop_column("muted_at")
        batch_op.drop_column("occurrence_on")
        batch_op.drop_column("series_id")
        batch_op.drop_column("repeat_rule")

    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("deputy_id")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_trouble",
            sqlite_where=sa.text("state in (3,4)"),
            postgresql_where=sa.text("state in (3,4)"),
        )
        batch_op.drop_index(
            "ix_outbox_held", sqlite_where=sa.text("state = 7"), postgresql_where=sa.text("state = 7")
        )
        batch_op.drop_index(
            "ix_outbox_account", sqlite_where=sa.text("state = 0"), postgresql_where=sa.text("state = 0")
        )
        batch_op.drop_column("told_at")
        batch_op.drop_column("settled_at")
        batch_op.drop_column("account")

    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.drop_index("ix_leads_for")
        batch_op.drop_column("for_id")

    with op.batch_alter_table("followups", schema=None) as batch_op:
        batch_op.drop_index("ix_followups_for")
        batch_op.drop_column("for_id")
        batch_op.drop_column("muted_at")
        batch_op.drop_column("snoozed_until")

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_column("lunar_leap")
        batch_op.drop_column("decision_maker")

    with op.batch_alter_table("cars", schema=None) as batch_op:
        batch_op.drop_column("serviced_km")
        batch_op.drop_column("serviced_on")
        batch_op.drop_column("mileage_on")

    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_column("error")
        batch_op.drop_column("ended_at")

    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.drop_index("ix_appointments_for")
        batch_op.drop_column("record_id")
        batch_op.drop_column("for_id")

    op.drop_table("workers")
    with op.batch_alter_table("renewals", schema=None) as batch_op:
        batch_op.drop_index("ix_renewals_remind")
        batch_op.drop_index("ix_renewals_owner")
        batch_op.drop_index("ix_renewals_due")
        batch_op.drop_index("ix_renewals_customer")
        batch_op.drop_index("ix_renewals_car")
        batch_op.drop_index("ix_renewals_armed")

    op.drop_table("renewals")
    with op.batch_alter_table("handovers", schema=None) as batch_op:
        batch_op.drop_index("ix_handovers_state")
        batch_op.drop_index("ix_handovers_from")

    op.drop_table("handovers")
    op.drop_table("digest_choices")
    with op.batch_alter_table("customer_merges", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_merges_gone")

    op.drop_table("customer_merges")
    op.drop_table("buckets")
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.drop_index("ix_absences_person")
        batch_op.drop_index("ix_absences_deputy")

    op.drop_table("absences")
