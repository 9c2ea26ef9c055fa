"""More tables of the counsellor desk: codes, phones that several people use, withdrawn facts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models import Base, BigId


class ContactAside(Base):
    """A contact that is not reached under its address at present.

    `parked`: somebody else uses the phone; their own code brings it back. `left`: its person
    goes on with a case from another channel, and these are the lines from before that.
    """

    __tablename__ = "contact_aside"
    __table_args__ = (
        CheckConstraint("why in ('parked','left')", name="ck_contact_aside_why"),
        Index("ix_contact_aside_person", "person_hash"),  # erasing finds what was left
    )
    contact_id: Mapped[str] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True
    )
    person_hash: Mapped[str] = mapped_column(String(64))  # whom it belonged to
    why: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]


class ResumeCode(Base):
    """A code that brings a conversation to whoever types it; used once."""

    __tablename__ = "resume_code"
    __table_args__ = (
        Index("ix_resume_code_conversation", "conversation_id"),  # a new one voids the old
        Index("ix_resume_code_expiry", "expires_at"),  # retention
    )
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class ResumeTry(Base):
    """How many wrong codes were typed in a conversation since a while."""

    __tablename__ = "resume_try"
    __table_args__ = (Index("ix_resume_try_expiry", "expires_at"),)  # retention
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True
    )
    failures: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime]


class DeskHabit(Base):
    """What a counsellor chose last; the page offers it again."""

    __tablename__ = "desk_habit"
    counsellor_id: Mapped[str] = mapped_column(
        ForeignKey("counsellor.id", ondelete="CASCADE"), primary_key=True
    )
    waits_to_send: Mapped[bool] = mapped_column(Boolean)


class FactWithdrawal(Base):
    """A fact, or a row of the directory, that nobody is told until an editor restores it."""

    __tablename__ = "fact_withdrawal"
    __table_args__ = (
        Index(
            "uq_fact_withdrawn",
            "name",
            unique=True,
            sqlite_where=text("restored_at is null"),
            postgresql_where=text("restored_at is null"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(80))  # "ro_minimum_wage", "ro-iom"
    why: Mapped[str] = mapped_column(String(20))  # a constant
    by: Mapped[str | None] = mapped_column(ForeignKey("counsellor.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    restored_by: Mapped[str | None] = mapped_column(
        ForeignKey("counsellor.id", ondelete="SET NULL")
    )
    restored_at: Mapped[datetime | None]
