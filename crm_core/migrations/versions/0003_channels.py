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
        "contact_codes",
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
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("asker_id", sa.String(length=26), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("mark", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("config_id", sa.String(length=64), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column("image_id", sa.String(length=26), nullable=True),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_codes")),
        sa.UniqueConstraint("tenant", "mark", name=op.f("uq_contact_codes_tenant_mark")),
    )
    with op.batch_alter_table("contact_codes", schema=None) as batch_op:
        batch_op.create_index("ix_contact_codes_person", ["tenant", "person_id"], unique=False)

    op.create_table(
        "contact_transfers",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.String(length=26), nullable=False),
        sa.Column("customer_id", sa.String(length=26), nullable=False),
        sa.Column("native_id", sa.String(length=64), nullable=False),
        sa.Column("from_id", sa.String(length=26), nullable=False),
        sa.Column("to_id", sa.String(length=26), nullable=False),
        sa.Column("from_userid", sa.String(length=64), nullable=False),
        sa.Column("to_userid", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_transfers")),
    )
    with op.batch_alter_table("contact_transfers", schema=None) as batch_op:
        batch_op.create_index("ix_contact_transfers_contact", ["contact_id", "state"], unique=False)
        batch_op.create_index(
            "ix_contact_transfers_pair", ["tenant", "from_userid", "to_userid", "state"], unique=False
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
    op.create_table(
        "wechat_contacts",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("native_id", sa.String(length=64), nullable=False),
        sa.Column(
            "dealer",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("customer_id", sa.String(length=26), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_contacts")),
        sa.UniqueConstraint(
            "account", "native_id", "dealer", name=op.f("uq_wechat_contacts_account_native_id_dealer")
        ),
    )
    with op.batch_alter_table("wechat_contacts", schema=None) as batch_op:
        batch_op.create_index("ix_wechat_contacts_customer", ["tenant", "customer_id"], unique=False)

    op.create_table(
        "wechat_followers",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.String(length=26), nullable=False),
        sa.Column("userid", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=True),
        sa.Column("mark", sa.String(length=30), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("lost", sa.String(length=10), nullable=False),
        sa.Column("remark_enc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_followers")),
        sa.UniqueConstraint("contact_id", "userid", name=op.f("uq_wechat_followers_contact_id_userid")),
    )
    with op.batch_alter_table("wechat_followers", schema=None) as batch_op:
        batch_op.create_index("ix_wechat_followers_user", ["tenant", "userid"], unique=False)

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

    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("image_id", sa.String(length=26), server_default="", nullable=False))
        batch_op.create_index(
            "ix_records_image",
            ["image_id"],
            unique=False,
            sqlite_where=sa.text("image_id <> ''"),
            postgresql_where=sa.text("image_id <> ''"),
        )

    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.create_index("ix_undo_expires", ["expires_at"], unique=False)

    with op.batch_alter_table("units", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address_en", sa.String(length=200), server_default="", nullable=False))

    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accounts", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.drop_column("accounts")

    with op.batch_alter_table("units", schema=None) as batch_op:
        batch_op.drop_column("address_en")

    with op.batch_alter_table("undo", schema=None) as batch_op:
        batch_op.drop_index("ix_undo_expires")

    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_records_image",
            sqlite_where=sa.text("image_id <> ''"),
            postgresql_where=sa.text("image_id <> ''"),
        )
        batch_op.drop_column("image_id")

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

    with op.batch_alter_table("wechat_followers", schema=None) as batch_op:
        batch_op.drop_index("ix_wechat_followers_user")

    op.drop_table("wechat_followers")
    with op.batch_alter_table("wechat_contacts", schema=None) as batch_op:
        batch_op.drop_index("ix_wechat_contacts_customer")

    op.drop_table("wechat_contacts")
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
    with op.batch_alter_table("contact_transfers", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_transfers_pair")
        batch_op.drop_index("ix_contact_transfers_contact")

    op.drop_table("contact_transfers")
    with op.batch_alter_table("contact_codes", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_codes_person")

    op.drop_table("contact_codes")
    op.drop_table("channel_accounts")
    with op.batch_alter_table("account_troubles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_troubles_tenant"))

    op.drop_table("account_troubles")
    op.drop_table("access_tokens")
