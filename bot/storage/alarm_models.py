"""Alarms of the danger lane that wait for their minute, and what is left of those taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models import Base, BigId


class DangerAlarm(Base):
    """Somebody was shown a danger card in doubt. When they stay silent, it becomes a case."""

    __tablename__ = "danger_alarm"
    __table_args__ = (
        CheckConstraint("priority between 1 and 3", name="ck_danger_alarm_priority"),
        Index("ix_danger_alarm_due", "due_at"),  # the timer: what is due
        Index("ix_danger_alarm_expiry", "expires_at"),  # retention
    )
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True
    )
    card: Mapped[str] = mapped_column(String(40))
    office: Mapped[str] = mapped_column(ForeignKey("office.code"))
    priority: Mapped[int] = mapped_column(Integer)
    protection: Mapped[bool] = mapped_column(Boolean)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class DangerMarker(Base):
    """An alarm that was taken back while it waited. No way leads from here to a person."""

    __tablename__ = "danger_marker"
    __table_args__ = (
        Index("ix_danger_marker_office", "office", "hour"),  # the protection role's list
        Index("ix_danger_marker_expiry", "expires_at"),  # retention
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    office: Mapped[str] = mapped_column(ForeignKey("office.code"))
    card: Mapped[str] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2))
    hour: Mapped[datetime]  # whole hours only
    expires_at: Mapped[datetime]
