"""the danger lane: alarms that wait, markers without a person"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "danger_alarm",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("card", sa.String(length=40), nullable=False),
        sa.Column("office", sa.String(length=2), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("protection", sa.Boolean(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.CheckConstraint("priority between 1 and 3", name="ck_danger_alarm_priority"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.code"],
        ),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_danger_alarm_due", "danger_alarm", ["due_at"], unique=False)
    op.create_index("ix_danger_alarm_expiry", "danger_alarm", ["expires_at"], unique=False)
    op.create_table(
        "danger_marker",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("office", sa.String(length=2), nullable=False),
        sa.Column("card", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("hour", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["office"],
            ["office.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_danger_marker_office", "danger_marker", ["office", "hour"], unique=False)
    op.create_index("ix_danger_marker_expiry", "danger_marker", ["expires_at"], unique=False)
