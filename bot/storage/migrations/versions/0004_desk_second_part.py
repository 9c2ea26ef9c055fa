"""the second part of the counsellor desk"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _lines()
    _phones()
    _staff()


def _lines() -> None:
    op.add_column("message", sa.Column("visible_at", TIME, nullable=True))
    op.add_column("message", sa.Column("fetched_at", TIME, nullable=True))
    # What was sent before nobody counted is taken as read.
    op.execute("UPDATE message SET fetched_at = created_at WHERE author = 'counsellor'")
    op.create_index(
        "ix_message_visible",
        "message",
        ["conversation_id", "visible_at"],
        unique=False,
        sqlite_where=sa.text("visible_at is not null"),
        postgresql_where=sa.text("visible_at is not null"),
    )
    op.add_column("conversation", sa.Column("shown_after", sa.Integer(), nullable=True))
    op.add_column("handoff_note", sa.Column("stays_in", sa.String(length=2), nullable=True))


def _phones() -> None:
    op.create_table(
        "contact_aside",
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("person_hash", sa.String(length=64), nullable=False),
        sa.Column("why", sa.String(length=8), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("why in ('parked','left')", name="ck_contact_aside_why"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id"),
    )
    op.create_index("ix_contact_aside_person", "contact_aside", ["person_hash"], unique=False)
    op.create_table(
        "resume_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_resume_code_conversation", "resume_code", ["conversation_id"], unique=False)
    op.create_index("ix_resume_code_expiry", "resume_code", ["expires_at"], unique=False)
    op.create_table(
        "resume_try",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_resume_try_expiry", "resume_try", ["expires_at"], unique=False)


def _staff() -> None:
    op.create_table(
        "desk_habit",
        sa.Column("counsellor_id", sa.String(length=32), nullable=False),
        sa.Column("waits_to_send", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["counsellor_id"], ["counsellor.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("counsellor_id"),
    )
    op.create_table(
        "fact_withdrawal",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("restored_by", sa.String(length=32), nullable=True),
        sa.Column("restored_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["by"], ["counsellor.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["restored_by"], ["counsellor.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_fact_withdrawn",
        "fact_withdrawal",
        ["name"],
        unique=True,
        sqlite_where=sa.text("restored_at is null"),
        postgresql_where=sa.text("restored_at is null"),
    )
