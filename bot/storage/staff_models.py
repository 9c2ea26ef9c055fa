"""The tables of offices, counsellors and their logins.

Secrets stand here only hashed (passwords, recovery codes, login tokens) or sealed (TOTP
seeds). Nothing in them names a person who writes to us.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models import Base, BigId


class Office(Base):
    """Where counsellors work, and when somebody is there."""

    __tablename__ = "office"
    __table_args__ = (CheckConstraint("lost_after_s >= 30", name="ck_office_lost_after"),)
    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    country: Mapped[str] = mapped_column(String(2))  # whose public holidays it keeps
    time_zone: Mapped[str] = mapped_column(String(40))
    hours: Mapped[str] = mapped_column(Text)  # "mon-thu 09:00-17:00; fri 09:00-15:00"
    lost_after_s: Mapped[int] = mapped_column(Integer)  # a holder unseen for so long is gone
    created_at: Mapped[datetime]


class OfficeClosed(Base):
    """A day on which an office is closed besides weekends and public holidays."""

    __tablename__ = "office_closed"
    office: Mapped[str] = mapped_column(
        ForeignKey("office.code", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)  # in the office's own time zone
    by: Mapped[str | None] = mapped_column(  # none: from the command line
        ForeignKey("counsellor.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]


class Counsellor(Base):
    """Somebody who may sign in. Never deleted while a case names them, only disabled."""

    __tablename__ = "counsellor"
    __table_args__ = (
        UniqueConstraint("name", name="uq_counsellor_name"),
        CheckConstraint("gender in ('woman','man','')", name="ck_counsellor_gender"),
        Index("ix_counsellor_office", "office"),  # who can take a case of this office
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))  # typed to sign in; casefolded
    shown_as: Mapped[str] = mapped_column(String(60))  # what people read
    office: Mapped[str | None] = mapped_column(ForeignKey("office.code"))  # none: regional
    gender: Mapped[str] = mapped_column(String(5))
    languages: Mapped[str] = mapped_column(Text)  # locales, comma-separated
    topics: Mapped[str] = mapped_column(Text)  # comma-separated; empty: all
    locale: Mapped[str] = mapped_column(String(12))
    password_hash: Mapped[str] = mapped_column(Text)
    password_at: Mapped[datetime]  # a password that was given is good for a while only
    must_change: Mapped[bool] = mapped_column(Boolean)  # the password was given, not chosen
    totp_sealed: Mapped[bytes | None]
    totp_step: Mapped[int] = mapped_column(BigInteger)  # of the last code used; none again
    totp_since: Mapped[datetime | None]  # none: the seed is not confirmed yet
    recovery: Mapped[str] = mapped_column(Text)  # hashes of unused codes, comma-separated
    disabled_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]  # the heartbeat of an open console
    created_at: Mapped[datetime]


class CounsellorRole(Base):
    __tablename__ = "counsellor_role"
    __table_args__ = (
        CheckConstraint(
            "role in ('counsellor','protection','editor','manager','data_protection','admin')",
            name="ck_counsellor_role",
        ),
    )
    counsellor_id: Mapped[str] = mapped_column(
        ForeignKey("counsellor.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(16), primary_key=True)


class Login(Base):
    """One browser that signed in, known by the hash of its token."""

    __tablename__ = "login"
    __table_args__ = (
        Index("ix_login_counsellor", "counsellor_id"),  # revoked together
        Index("ix_login_expiry", "expires_at"),  # retention
    )
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    counsellor_id: Mapped[str] = mapped_column(ForeignKey("counsellor.id", ondelete="CASCADE"))
    is_full: Mapped[bool] = mapped_column(Boolean)  # password and code are both through
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginTry(Base):
    """Failed tries of one account from one address, both as one keyed hash."""

    __tablename__ = "login_try"
    __table_args__ = (Index("ix_login_try_expiry", "expires_at"),)  # retention
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    until: Mapped[datetime | None]  # no try before this
    expires_at: Mapped[datetime]


class Audit(Base):
    """Who did what at the desk. Constants and ids, never somebody's words."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_case", "case_id", "id"),  # data protection: who opened this case
        Index("ix_audit_counsellor", "counsellor_id", "at"),  # what one counsellor did lately
        Index("ix_audit_expiry", "expires_at"),  # retention
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    counsellor_id: Mapped[str | None] = mapped_column(  # none: the service itself
        ForeignKey("counsellor.id", ondelete="SET NULL")
    )
    action: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[int | None] = mapped_column(BigInteger)  # outlives the case itself
    detail: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime]
