"""The tables of phone safety: an agreed word, safe hours, and what `/hide` needs to know."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models import Base, BigId


class PhoneSafety(Base):
    """What a person asked for because others may see the phone. It goes with the contact.

    With a word, what we start waits until it is written; with hours, until those begin.
    """

    __tablename__ = "phone_safety"
    contact_id: Mapped[str] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True
    )
    word_hash: Mapped[str | None] = mapped_column(String(64))  # keyed, folded; none: no such mode
    neutral: Mapped[str] = mapped_column(Text)  # "You have a new message.", in their language
    told_at: Mapped[datetime | None]  # when that was last said; none since it was opened
    hours: Mapped[str] = mapped_column(String(20))  # a name of `safe_hours.WINDOWS`, or empty


class PlatformMessage(Base):
    """A message that stands in somebody's chat, by the platform's own number.

    Kept only as long as the platform lets a bot delete it.
    """

    __tablename__ = "platform_message"
    __table_args__ = (
        Index("ix_platform_message_conversation", "conversation_id"),  # `/hide`
        Index("ix_platform_message_expiry", "expires_at"),  # retention
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    number_sealed: Mapped[bytes]
    expires_at: Mapped[datetime]


class HideRequest(Base):
    """Somebody wrote `/hide`; their chat has still to be cleared on the platform."""

    __tablename__ = "hide_request"
    __table_args__ = (
        Index("ix_hide_request_due", "next_at"),  # the timer: what is due
        Index("ix_hide_request_expiry", "expires_at"),  # retention
    )
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True
    )
    address_sealed: Mapped[bytes]
    left: Mapped[int] = mapped_column(Integer)  # messages that the platform refused to delete
    next_at: Mapped[datetime]
    expires_at: Mapped[datetime]
