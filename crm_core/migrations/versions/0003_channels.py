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

    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accounts", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.drop_column("accounts")

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

    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_column("unit")

    op.drop_table("unserved_accounts")
    op.drop_table("response_codes")
    with op.batch_alter_table("group_chats", schema=None) as batch_op:
        batch_op.drop_index("ix_group_chats_unit")

    op.drop_table("group_chats")
    op.drop_table("cursors")
    op.drop_table("channel_accounts")
    op.drop_table("access_tokens")
