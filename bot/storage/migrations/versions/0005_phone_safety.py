"""phone safety: discreet mode, the agreed word, safe hours"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _held_lines()
    _what_people_asked_for()
    _hiding()


def _held_lines() -> None:
    op.add_column("message", sa.Column("held", sa.String(length=8), nullable=True))
    op.add_column("message", sa.Column("held_until", TIME, nullable=True))
    op.create_index(
        "ix_message_held",
        "message",
        ["held_until"],
        unique=False,
        sqlite_where=sa.text("held is not null"),
        postgresql_where=sa.text("held is not null"),
    )


def _what_people_asked_for() -> None:
    op.create_table(
        "phone_safety",
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("word_hash", sa.String(length=64), nullable=True),
        sa.Column("neutral", sa.Text(), nullable=False),
        sa.Column("told_at", TIME, nullable=True),
        sa.Column("hours", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id"),
    )


def _hiding() -> None:
    op.create_table(
        "platform_message",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_platform_message_conversation", "platform_message", ["conversation_id"])
    op.create_index("ix_platform_message_expiry", "platform_message", ["expires_at"])
    op.create_table(
        "hide_request",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_hide_request_due", "hide_request", ["next_at"])
    op.create_index("ix_hide_request_expiry", "hide_request", ["expires_at"])
