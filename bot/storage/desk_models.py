"""The tables of the counsellor desk: cases, what happened to them, and notes beside them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models import Base, BigId


class Handoff(Base):
    """The stretch of a conversation that a counsellor answers. Holds nobody's words."""

    __tablename__ = "handoff"
    __table_args__ = (
        UniqueConstraint("number", name="uq_handoff_number"),
        CheckConstraint("state in ('waiting','claimed','closed')", name="ck_handoff_state"),
        CheckConstraint("reason in ('asked','danger','complaint')", name="ck_handoff_reason"),
        CheckConstraint("priority between 1 and 3", name="ck_handoff_priority"),
        CheckConstraint("waits_for in ('','person','office','date')", name="ck_handoff_waits_for"),
        CheckConstraint(
            "state <> 'claimed' or (holder is not null and claimed_at is not null"
            " and holder_seen_at is not null)",
            name="ck_handoff_claimed",
        ),
        CheckConstraint(
            "(state = 'closed') = (closed_at is not null) and (state = 'closed') = (outcome <> '')",
            name="ck_handoff_closed",
        ),
        CheckConstraint("state = 'closed' or conversation_id is not null", name="ck_handoff_whose"),
        # one open case in a conversation, ever
        Index(
            "uq_handoff_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("ix_handoff_conversation", "conversation_id"),  # each turn: this person's case
        Index("ix_handoff_queue", "office", "state", "priority", "waiting_since"),  # the queue
        Index("ix_handoff_holder", "holder", "state"),  # my cases, the heartbeat
        Index("ix_handoff_cover", "cover"),  # cases I look after
        Index("ix_handoff_waiting", "state", "queued_at"),  # alerts, expiry, lost holders
        Index("ix_handoff_asked", "office", "requested_at"),  # search between two days
        Index("ix_handoff_list", "office", "id"),  # search, newest first
        Index("ix_handoff_answered", "office", "first_answer_at"),  # how long people waited
        Index("ix_handoff_expiry", "expires_at"),  # retention
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(12))  # "RO-0042", said aloud
    conversation_id: Mapped[str | None] = mapped_column(  # none: the person erased their data
        ForeignKey("conversation.id", ondelete="SET NULL")
    )
    office: Mapped[str] = mapped_column(ForeignKey("office.code"))
    state: Mapped[str] = mapped_column(String(8))  # moves only as `desk_moves` allows
    reason: Mapped[str] = mapped_column(String(10))
    priority: Mapped[int] = mapped_column(Integer)
    topic: Mapped[str] = mapped_column(String(40))
    locale: Mapped[str] = mapped_column(String(12))
    country: Mapped[str] = mapped_column(String(2))
    danger: Mapped[str] = mapped_column(String(40))  # the card's id
    protection: Mapped[bool] = mapped_column(Boolean)  # for the protection role only
    fence: Mapped[int] = mapped_column(Integer)
    holder: Mapped[str | None] = mapped_column(ForeignKey("counsellor.id"))  # or who had it last
    cover: Mapped[str | None] = mapped_column(ForeignKey("counsellor.id"))
    meant_for: Mapped[str | None] = mapped_column(ForeignKey("counsellor.id"))
    complained_about: Mapped[str | None] = mapped_column(ForeignKey("counsellor.id"))
    requested_at: Mapped[datetime]  # the SLA clock starts here
    waiting_since: Mapped[datetime]  # the place in the queue, kept through claims
    queued_at: Mapped[datetime]  # when it came, or came back, to the queue: expiry counts
    claimed_at: Mapped[datetime | None]
    holder_seen_at: Mapped[datetime | None]
    first_answer_at: Mapped[datetime | None]  # set once; what the SLA measures
    answered_at: Mapped[datetime | None]  # last answer since the present claim
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(40))
    waits_for: Mapped[str] = mapped_column(String(8))
    due_at: Mapped[datetime | None]
    safe: Mapped[str] = mapped_column(String(8))
    best_hours: Mapped[str] = mapped_column(String(40))
    wants: Mapped[str] = mapped_column(String(20))
    last_person_seq: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime | None]  # none while it is open


class HandoffNumber(Base):
    """The last number an office gave. Numbers are never given twice, not even after erasure."""

    __tablename__ = "handoff_number"
    office: Mapped[str] = mapped_column(ForeignKey("office.code"), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class HandoffEvent(Base):
    """One change of a case, as lists and streams read it: in one office, in order of `id`."""

    __tablename__ = "handoff_event"
    __table_args__ = (
        Index("ix_handoff_event_office", "office", "id"),  # what is new since a cursor
        Index("ix_handoff_event_case", "handoff_id", "id"),  # a case's history
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoff.id", ondelete="CASCADE"))
    office: Mapped[str] = mapped_column(String(2))  # where it happened
    circle: Mapped[str] = mapped_column(String(10))  # who could see the case: `case_access`
    kind: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(32))  # a counsellor's id, "person", "system"
    detail: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class HandoffNote(Base):
    """What counsellors write for each other. No way leads from here to a person."""

    __tablename__ = "handoff_note"
    __table_args__ = (
        Index("ix_handoff_note_case", "handoff_id", "id"),  # the case's page
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoff.id", ondelete="CASCADE"))
    author: Mapped[str] = mapped_column(ForeignKey("counsellor.id"))
    row_key: Mapped[str] = mapped_column(String(32))  # what the sealed text is bound to
    text_sealed: Mapped[bytes]
    at: Mapped[datetime]
    stays_in: Mapped[str | None] = mapped_column(String(2))  # the one office that reads it


class DeskPost(Base):
    """A form that was sent from the console: the same key twice is one message."""

    __tablename__ = "desk_post"
    handoff_id: Mapped[int] = mapped_column(
        ForeignKey("handoff.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    by: Mapped[str] = mapped_column(String(32))
    result: Mapped[int] = mapped_column(BigInteger)  # number of the line or of the note
    at: Mapped[datetime]
