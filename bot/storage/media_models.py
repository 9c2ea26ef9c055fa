"""The table of files that people and counsellors sent each other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models import Base


class MediaFile(Base):
    """One file, whole and sealed. It goes with the line it belongs to, whenever that goes."""

    __tablename__ = "media_file"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq", name="uq_media_file_line"),
        ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["message.conversation_id", "message.seq"],
            name="fk_media_file_line",
            ondelete="CASCADE",
        ),
        CheckConstraint("author in ('person','counsellor')", name="ck_media_file_author"),
        Index("ix_media_file_recent", "conversation_id", "author", "created_at"),  # the limit
        Index("ix_media_file_expiry", "expires_at"),  # retention
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    seq: Mapped[int | None] = mapped_column(Integer)  # none until the turn of its message
    author: Mapped[str] = mapped_column(String(12))
    type: Mapped[str] = mapped_column(String(8))
    size: Mapped[int] = mapped_column(Integer)
    body_sealed: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # of a file whose message never became a line
