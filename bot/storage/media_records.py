"""Files as they cross the storage edge."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from bot.messages import Attachment


class NoRoom(Exception):
    """A file that is not taken now. `reason`: "closed" (no open case) or "full"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewFile:
    """Checked, and freed of what it says about its maker."""

    type: str  # a name of `channels.file_types`
    data: bytes = field(repr=False)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def attachment(self) -> Attachment:
        return Attachment(self.type, len(self.data), stored_id=self.id)


@dataclass(frozen=True, slots=True)
class Content:
    type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of a case. Without `content` the platform has it: `said.bot`'s `platform_id`."""

    said: Attachment
    content: Content | None
