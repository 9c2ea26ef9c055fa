"""The tables. Each index says which job reads it; each personal column has an expiry.

Sealed columns (`…_sealed`) hold `crypto.KeyRing.seal` values. People and platform
events appear as keyed hashes only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only INTEGER keys by itself


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC on both databases; SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcTime(), bytes: LargeBinary(), str: String(200)}


class Meta(Base):
    """Facts about this database, such as the value that proves the right key is loaded."""

    __tablename__ = "meta"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[bytes]


class Inbox(Base):
    """One platform event, stored before it is acknowledged. The payload goes with its turn;

    the keyed hash of its id stays a while, so that a late repeat has no effect.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("event_hash", name="uq_inbox_event"),
        CheckConstraint("state in ('pending','done','quarantined')", name="ck_inbox_state"),
        # the turn worker: what waits, in one person's order
        Index("ix_inbox_waiting", "state", "person_hash", "order_key", "id"),
        Index("ix_inbox_expiry", "expires_at"),  # retention
        {"sqlite_autoincrement": True},  # an id that was given once names nothing else later
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_hash: Mapped[str] = mapped_column(String(64))  # of channel, bot and event id
    channel: Mapped[str] = mapped_column(String(20))
    person_hash: Mapped[str | None] = mapped_column(String(64))
    order_key: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12))
    urgent: Mapped[bool] = mapped_column(Boolean)
    payload_sealed: Mapped[bytes | None]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class Contact(Base):
    """A person on one channel, known by a keyed hash."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("person_hash", name="uq_contact_person"),
        CheckConstraint("consent in ('open','yes','no')", name="ck_contact_consent"),
        Index("ix_contact_expiry", "expires_at"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    bot: Mapped[str] = mapped_column(String(40))
    person_hash: Mapped[str] = mapped_column(String(64))
    address_sealed: Mapped[bytes | None]
    locale: Mapped[str] = mapped_column(String(12))
    locale_chosen: Mapped[bool]
    country: Mapped[str] = mapped_column(String(2))
    consent: Mapped[str] = mapped_column(String(4))
    blocked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Conversation(Base):
    """Everything with one person on one channel."""

    __tablename__ = "conversation"
    __table_args__ = (Index("ix_conversation_expiry", "expires_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    last_seq: Mapped[int]
    version: Mapped[int]  # grows with each turn; a turn on an older one is taken again
    purge: Mapped[bool]  # nothing is kept beyond delivery
    shown_after: Mapped[int | None]  # its person came by a code: earlier lines stay unshown
    created_at: Mapped[datetime]
    last_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    __mapper_args__ = {"eager_defaults": False}


Index("uq_conversation_contact", Conversation.contact_id, unique=True)


class Session(Base):
    """The dialogue's short memory: open flow, slots, what was just offered."""

    __tablename__ = "session"
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True
    )
    state_sealed: Mapped[bytes]
    expires_at: Mapped[datetime]


class Message(Base):
    """One line of a transcript, numbered within its conversation."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(
            "author in ('person','bot','counsellor','notice')", name="ck_message_author"
        ),
        Index("ix_message_platform", "conversation_id", "platform_hash"),  # edits find theirs
        Index("ix_message_expiry", "expires_at"),
        Index(  # what waits to be sent stands before what comes after it
            "ix_message_visible",
            "conversation_id",
            "visible_at",
            sqlite_where=text("visible_at is not null"),
            postgresql_where=text("visible_at is not null"),
        ),
        Index(  # what waits for its hour
            "ix_message_held",
            "held_until",
            sqlite_where=text("held is not null"),
            postgresql_where=text("held is not null"),
        ),
    )
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    author: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(12))
    body_sealed: Mapped[bytes | None]  # text and choices; none once purged
    event_id: Mapped[str] = mapped_column(String(64))  # web: the browser's own id of the message
    platform_hash: Mapped[str | None] = mapped_column(String(64))  # of the platform's message id
    edits_seq: Mapped[int | None]
    entry: Mapped[str] = mapped_column(String(60))
    block: Mapped[str] = mapped_column(String(80))
    locale: Mapped[str] = mapped_column(String(12))
    facts: Mapped[str] = mapped_column(Text)  # names, comma-separated
    snapshot: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    visible_at: Mapped[datetime | None]  # until then its counsellor may take it back
    fetched_at: Mapped[datetime | None]  # a counsellor's line that a page has got
    held: Mapped[str | None] = mapped_column(String(8))  # what it waits for: `phone_safety.Hold`
    held_until: Mapped[datetime | None]


class Outbox(Base):
    """A stored reply on its way to a platform."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq", name="uq_outbox_message"),
        CheckConstraint(
            "state in ('pending','sending','sent','uncertain','undeliverable','cancelled')",
            name="ck_outbox_state",
        ),
        Index("ix_outbox_due", "state", "lane", "next_at"),  # delivery: what goes next
        Index("ix_outbox_order", "conversation_id", "state", "id"),  # order within one
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    seq: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20))
    bot: Mapped[str] = mapped_column(String(40))
    address_sealed: Mapped[bytes]
    lane: Mapped[int]
    state: Mapped[str] = mapped_column(String(14))
    attempts: Mapped[int]
    doubts: Mapped[int]  # how often an answer never came back
    parts_done: Mapped[int]
    platform_ids: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(40))
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Left(Base):
    """A web page's person who pressed the exit: its token opens nothing any more."""

    __tablename__ = "left_page"
    __table_args__ = (Index("ix_left_page_expiry", "expires_at"),)
    person_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]


class Feedback(Base):
    """Whether an answer helped. Holds nobody's identity."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_entry", "entry", "created_at"),)  # manager's page
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    entry: Mapped[str] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(12))
    snapshot: Mapped[str] = mapped_column(String(20))
    helped: Mapped[bool]
    created_at: Mapped[datetime]


class Unanswered(Base):
    """Questions nobody answered, counted; the wording is shown from five askers on."""

    __tablename__ = "unanswered"
    __table_args__ = (UniqueConstraint("text_hash", "locale", "country", name="uq_unanswered"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    text_hash: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(12))
    country: Mapped[str] = mapped_column(String(2))
    asked: Mapped[int]
    sample_sealed: Mapped[bytes | None]
    expires_at: Mapped[datetime]
