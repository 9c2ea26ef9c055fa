"""the counsellor desk: offices and counsellors, cases, and alerts about them"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _offices()
    _cases()
    _alerts()


def _offices() -> None:
    op.create_table(
        "login_try",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_login_try_expiry", "login_try", ["expires_at"], unique=False)
    op.create_table(
        "office",
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("lost_after_s", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("lost_after_s >= 30", name="ck_office_lost_after"),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "counsellor",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("shown_as", sa.String(length=60), nullable=False),
        sa.Column("office", sa.String(length=2), nullable=True),
        sa.Column("gender", sa.String(length=5), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_at", TIME, nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("totp_since", TIME, nullable=True),
        sa.Column("recovery", sa.Text(), nullable=False),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.Column("seen_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("gender in ('woman','man','')", name="ck_counsellor_gender"),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_counsellor_name"),
    )
    op.create_index("ix_counsellor_office", "counsellor", ["office"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("counsellor_id", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.String(length=80), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["counsellor_id"], ["counsellor.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_case", "audit", ["case_id", "id"], unique=False)
    op.create_index("ix_audit_counsellor", "audit", ["counsellor_id", "at"], unique=False)
    op.create_index("ix_audit_expiry", "audit", ["expires_at"], unique=False)
    op.create_table(
        "counsellor_role",
        sa.Column("counsellor_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "role in ('counsellor','protection','editor','manager','data_protection','admin')",
            name="ck_counsellor_role",
        ),
        sa.ForeignKeyConstraint(["counsellor_id"], ["counsellor.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("counsellor_id", "role"),
    )
    op.create_table(
        "login",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("counsellor_id", sa.String(length=32), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["counsellor_id"], ["counsellor.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_login_counsellor", "login", ["counsellor_id"], unique=False)
    op.create_index("ix_login_expiry", "login", ["expires_at"], unique=False)
    op.create_table(
        "office_closed",
        sa.Column("office", sa.String(length=2), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["by"], ["counsellor.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["office"], ["office.code"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("office", "day"),
    )


def _cases() -> None:
    op.create_table(
        "handoff_number",
        sa.Column("office", sa.String(length=2), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.code"],
        ),
        sa.PrimaryKeyConstraint("office"),
    )
    op.create_table(
        "handoff",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("office", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("danger", sa.String(length=40), nullable=False),
        sa.Column("protection", sa.Boolean(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=True),
        sa.Column("cover", sa.String(length=32), nullable=True),
        sa.Column("meant_for", sa.String(length=32), nullable=True),
        sa.Column("complained_about", sa.String(length=32), nullable=True),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("waiting_since", TIME, nullable=False),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("claimed_at", TIME, nullable=True),
        sa.Column("holder_seen_at", TIME, nullable=True),
        sa.Column("first_answer_at", TIME, nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("waits_for", sa.String(length=8), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("safe", sa.String(length=8), nullable=False),
        sa.Column("best_hours", sa.String(length=40), nullable=False),
        sa.Column("wants", sa.String(length=20), nullable=False),
        sa.Column("last_person_seq", sa.Integer(), nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at is not null) and (state = 'closed') = (outcome <> '')",
            name="ck_handoff_closed",
        ),
        sa.CheckConstraint("reason in ('asked','danger','complaint')", name="ck_handoff_reason"),
        sa.CheckConstraint(
            "state <> 'claimed' or (holder is not null and claimed_at is not null"
            " and holder_seen_at is not null)",
            name="ck_handoff_claimed",
        ),
        sa.CheckConstraint(
            "state = 'closed' or conversation_id is not null", name="ck_handoff_whose"
        ),
        sa.CheckConstraint("state in ('waiting','claimed','closed')", name="ck_handoff_state"),
        sa.CheckConstraint(
            "waits_for in ('','person','office','date')", name="ck_handoff_waits_for"
        ),
        sa.CheckConstraint("priority between 1 and 3", name="ck_handoff_priority"),
        sa.ForeignKeyConstraint(
            ["complained_about"],
            ["counsellor.id"],
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["cover"],
            ["counsellor.id"],
        ),
        sa.ForeignKeyConstraint(
            ["holder"],
            ["counsellor.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meant_for"],
            ["counsellor.id"],
        ),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", name="uq_handoff_number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_handoff_answered", "handoff", ["office", "first_answer_at"], unique=False)
    op.create_index("ix_handoff_asked", "handoff", ["office", "requested_at"], unique=False)
    op.create_index("ix_handoff_conversation", "handoff", ["conversation_id"], unique=False)
    op.create_index("ix_handoff_cover", "handoff", ["cover"], unique=False)
    op.create_index("ix_handoff_expiry", "handoff", ["expires_at"], unique=False)
    op.create_index("ix_handoff_holder", "handoff", ["holder", "state"], unique=False)
    op.create_index("ix_handoff_list", "handoff", ["office", "id"], unique=False)
    op.create_index(
        "ix_handoff_queue",
        "handoff",
        ["office", "state", "priority", "waiting_since"],
        unique=False,
    )
    op.create_index("ix_handoff_waiting", "handoff", ["state", "queued_at"], unique=False)
    op.create_index(
        "uq_handoff_open",
        "handoff",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "desk_post",
        sa.Column("handoff_id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("result", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("handoff_id", "key"),
    )
    op.create_table(
        "handoff_event",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("handoff_id", ID, nullable=False),
        sa.Column("office", sa.String(length=2), nullable=False),
        sa.Column("circle", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=40), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_handoff_event_case", "handoff_event", ["handoff_id", "id"], unique=False)
    op.create_index("ix_handoff_event_office", "handoff_event", ["office", "id"], unique=False)
    op.create_table(
        "handoff_note",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("handoff_id", ID, nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("row_key", sa.String(length=32), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["author"],
            ["counsellor.id"],
        ),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_handoff_note_case", "handoff_note", ["handoff_id", "id"], unique=False)


def _alerts() -> None:
    op.create_table(
        "desk_chat",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("carrier", sa.String(length=20), nullable=False),
        sa.Column("chat_hash", sa.String(length=64), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("office", sa.String(length=2), nullable=False),
        sa.Column("counsellor_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("linked_at", TIME, nullable=False),
        sa.Column("lost_at", TIME, nullable=True),
        sa.CheckConstraint("kind in ('own','group','protection')", name="ck_desk_chat_kind"),
        sa.ForeignKeyConstraint(["counsellor_id"], ["counsellor.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("chat_hash", name="uq_desk_chat"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_chat_counsellor", "desk_chat", ["counsellor_id"], unique=False)
    op.create_index("ix_desk_chat_office", "desk_chat", ["office"], unique=False)
    op.create_table(
        "desk_link",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("counsellor_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("used_by", sa.String(length=64), nullable=True),
        sa.Column("ends_at", TIME, nullable=False),
        sa.CheckConstraint("kind in ('own','group','protection')", name="ck_desk_link_kind"),
        sa.ForeignKeyConstraint(["counsellor_id"], ["counsellor.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_desk_link_end", "desk_link", ["ends_at"], unique=False)
    op.create_table(
        "desk_step",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("handoff_id", ID, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("circle", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("handoff_id", "fence", "priority", "number", name="uq_desk_step"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "desk_alert",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("step_id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint(
            "state in ('pending','sending','sent','doubtful','failed','cancelled','withdrawn')",
            name="ck_desk_alert_state",
        ),
        sa.ForeignKeyConstraint(["chat_id"], ["desk_chat.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["step_id"], ["desk_step.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("step_id", "chat_id", name="uq_desk_alert"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_alert_chat", "desk_alert", ["chat_id", "state"], unique=False)
    op.create_index("ix_desk_alert_due", "desk_alert", ["state", "next_at"], unique=False)
