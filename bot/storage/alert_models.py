"""The tables of staff alerts: where they go, how far each case's telling has gone, and each one.

No table here holds anything about the person who waits beyond the number of their case.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models import Base, BigId


class DeskChat(Base):
    """A counsellor's private chat, or an office's group, that gets alerts."""

    __tablename__ = "desk_chat"
    __table_args__ = (
        UniqueConstraint("chat_hash", name="uq_desk_chat"),
        CheckConstraint("kind in ('own','group','protection')", name="ck_desk_chat_kind"),
        Index("ix_desk_chat_office", "office"),  # who is told of a case
        Index("ix_desk_chat_counsellor", "counsellor_id"),  # the page "my alerts"
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    carrier: Mapped[str] = mapped_column(String(20))
    chat_hash: Mapped[str] = mapped_column(String(64))  # of carrier and address
    address_sealed: Mapped[bytes]
    office: Mapped[str] = mapped_column(ForeignKey("office.code"))
    counsellor_id: Mapped[str] = mapped_column(  # whose it is, or who linked the group
        ForeignKey("counsellor.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(String(10))  # `alert_records.ChatKind`
    linked_at: Mapped[datetime]
    lost_at: Mapped[datetime | None]  # the platform refuses it since then


class DeskLink(Base):
    """A one-time code that links a chat, known by its hash. Goes when it has run out."""

    __tablename__ = "desk_link"
    __table_args__ = (
        CheckConstraint("kind in ('own','group','protection')", name="ck_desk_link_kind"),
        Index("ix_desk_link_end", "ends_at"),  # clearing away
    )
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    counsellor_id: Mapped[str] = mapped_column(ForeignKey("counsellor.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))  # `alert_records.ChatKind`
    used_by: Mapped[str | None] = mapped_column(String(64))  # hash of the chat it linked
    ends_at: Mapped[datetime]


class DeskStep(Base):
    """One step of telling the staff about a waiting case. Stored once, whoever was first."""

    __tablename__ = "desk_step"
    __table_args__ = (
        UniqueConstraint("handoff_id", "fence", "priority", "number", name="uq_desk_step"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoff.id", ondelete="CASCADE"))
    fence: Mapped[int] = mapped_column(Integer)  # a case that comes back is told anew
    priority: Mapped[int] = mapped_column(Integer)  # and so is one that became more urgent
    number: Mapped[int] = mapped_column(Integer)
    circle: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]


class DeskAlert(Base):
    """One message to one chat about one step."""

    __tablename__ = "desk_alert"
    __table_args__ = (
        UniqueConstraint("step_id", "chat_id", name="uq_desk_alert"),
        CheckConstraint(
            "state in ('pending','sending','sent','doubtful','failed','cancelled','withdrawn')",
            name="ck_desk_alert_state",
        ),
        Index("ix_desk_alert_due", "state", "next_at"),  # what to send and to withdraw
        Index("ix_desk_alert_chat", "chat_id", "state"),  # what a newer one replaces
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("desk_step.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(ForeignKey("desk_chat.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer)
    message_id: Mapped[str] = mapped_column(String(64))  # the platform's, to withdraw it by
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
