"""Channels.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

from crm_core.kernel.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token_enc", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_tokens")),
    )
    op.create_table(
        "account_troubles",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=120), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_troubles")),
    )
    with op.batch_alter_table("account_troubles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_troubles_tenant"), ["tenant"], unique=False)

    op.create_table(
        "channel_accounts",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("settings_enc", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_accounts")),
        sa.UniqueConstraint("channel", "account", name=op.f("uq_channel_accounts_channel_account")),
    )
    op.create_table(
        "cursors",
        sa.Column("id", sa.String(length=160), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cursors")),
    )
    op.create_table(
        "errands",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("payload_enc", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errands")),
        sa.UniqueConstraint("key", name=op.f("uq_errands_key")),
    )
    with op.batch_alter_table("errands", schema=None) as batch_op:
        batch_op.create_index(
            "ix_errands_due",
            ["account", "priority", "due_at"],
            unique=False,
            sqlite_where=sa.text("state in (0,1)"),
            postgresql_where=sa.text("state in (0,1)"),
        )
        batch_op.create_index("ix_errands_subject", ["subject"], unique=False)

    op.create_table(
        "group_chats",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("native_id", sa.String(length=100), nullable=False),
        sa.Column("chat", sa.String(length=100), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("bound_by", sa.String(length=26), nullable=False),
        sa.Column("dead", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_chats")),
        sa.UniqueConstraint(
            "channel", "account", "native_id", name=op.f("uq_group_chats_channel_account_native_id")
        ),
    )
    with op.batch_alter_table("group_chats", schema=None) as batch_op:
        batch_op.create_index("ix_group_chats_unit", ["tenant", "unit"], unique=False)

    op.create_table(
        "response_codes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("code_enc", sa.Text(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response_codes")),
    )
    op.create_table(
        "service_desks",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("desk", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("token_enc", sa.Text(), nullable=True),
        sa.Column("token_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_desks")),
        sa.UniqueConstraint("account", "desk", name=op.f("uq_service_desks_account_desk")),
    )
    op.create_table(
        "service_ratings",
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
        sa.Column("session_id", sa.String(length=26), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("colleague_id", sa.String(length=26), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_ratings")),
        sa.UniqueConstraint("session_id", "turn", name=op.f("uq_service_ratings_session_id_turn")),
    )
    with op.batch_alter_table("service_ratings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_ratings_colleague", ["tenant", "colleague_id", "created_at"], unique=False
        )

    op.create_table(
        "service_sessions",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("chat", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("lead_id", sa.String(length=26), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("servicer", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("rate_turn", sa.Integer(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=True),
        sa.Column("sent", sa.JSON(), nullable=True),
        sa.Column("held_at", UtcDateTime(), nullable=True),
        sa.Column("code_enc", sa.Text(), nullable=True),
        sa.Column("code_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_sessions")),
        sa.UniqueConstraint("chat", name=op.f("uq_service_sessions_chat")),
    )
    with op.batch_alter_table("service_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_service_sessions_person", ["person_id"], unique=False)

    op.create_table(
        "unserved_accounts",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("lapsed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unserved_accounts")),
    )
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "unit",
                sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
                server_default="",
                nullable=False,
            )
        )
        batch_op.create_index("ix_actions_expires", ["expires_at"], unique=False)

    with op.batch_alter_table("executed", schema=None) as batch_op:
        batch_op.create_index("ix_executed_at", ["at"], unique=False)

    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("vouched", sa.String(length=10), server_default="token", nullable=False)
        )
        batch_op.add_column(
            sa.Column("preferred", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )

    with op.batch_alter_table("invites", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("by_himself", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("outdated", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch_op.create_index(
            "ix_outbox_subject",
            ["tenant", "subject"],
            unique=False,
            sqlite_where=sa.text("state in (0,1,3,4) and subject <> ''"),
            postgresql_where=sa.text("state in (0,1,3,4) and subject <> ''"),
        )

    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.create_index("ix_undo_expires", ["expires_at"], unique=False)

    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accounts", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.drop_column("accounts")

    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.drop_index("ix_undo_expires")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_subject",
            sqlite_where=sa.text("state in (0,1,3,4) and subject <> ''"),
            postgresql_where=sa.text("state in (0,1,3,4) and subject <> ''"),
        )
        batch_op.drop_column("outdated")

    with op.batch_alter_table("invites", schema=None) as batch_op:
        batch_op.drop_column("by_himself")

    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_column("preferred")
        batch_op.drop_column("vouched")

    with op.batch_alter_table("executed", schema=None) as batch_op:
        batch_op.drop_index("ix_executed_at")

    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_index("ix_actions_expires")
        batch_op.drop_column("unit")

    op.drop_table("unserved_accounts")
    with op.batch_alter_table("service_sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_service_sessions_person")

    op.drop_table("service_sessions")
    with op.batch_alter_table("service_ratings", schema=None) as batch_op:
        batch_op.drop_index("ix_service_ratings_colleague")

    op.drop_table("service_ratings")
    op.drop_table("service_desks")
    op.drop_table("response_codes")
    with op.batch_alter_table("group_chats", schema=None) as batch_op:
        batch_op.drop_index("ix_group_chats_unit")

    op.drop_table("group_chats")
    with op.batch_alter_table("errands", schema=None) as batch_op:
        batch_op.drop_index("ix_errands_subject")
        batch_op.drop_index(
            "ix_errands_due",
            sqlite_where=sa.text("state in (0,1)"),
            postgresql_where=sa.text("state in (0,1)"),
        )

    op.drop_table("errands")
    op.drop_table("cursors")
    op.drop_table("channel_accounts")
    with op.batch_alter_table("account_troubles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_troubles_tenant"))

    op.drop_table("account_troubles")
    op.drop_table("access_tokens")
