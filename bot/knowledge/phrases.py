"""The counsellors' phrase bank: prepared sentences with quick replies.

`content/phrases/` holds one file for each group of phrases, and `reply-set.md` with the
sets of replies. `said` turns a phrase into what a person reads.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from bot.i18n import own_name, wording
from bot.i18n.locales import is_known
from bot.i18n.po import Problem
from bot.knowledge import slots
from bot.knowledge.blocks import Document
from bot.knowledge.entries import Risk, front_of

SETS = "reply-set"  # the file of the replies
NO_SET = "none"  # of a phrase that asks nothing
LANGUAGES = "language"  # the set whose replies are names of languages

_LABEL = wording.LIMITS[wording.LABEL]


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    owner: str
    review_every: int
    reviewed_on: datetime.date | None = None

    def is_reviewed(self, today: datetime.date) -> bool:
        """The English text is signed off, and its review is not overdue."""
        if self.reviewed_on is None:
            return False
        return today <= self.reviewed_on + datetime.timedelta(days=self.review_every)


class GroupFront(_Signed, frozen=True, kw_only=True):
    order: int  # of the groups
    risk: Risk
    replies: dict[str, str]  # phrase -> its set of replies


class SetsFront(_Signed, frozen=True, kw_only=True):
    typed: tuple[str, ...]  # sets besides which people may write
    languages: tuple[str, ...]  # old buttons hold a place in this list


@dataclass(frozen=True, slots=True)
class QuickReply:
    name: str  # "yes"; of a language its code
    text: str  # English
    ctx: str  # "reply-set/yn/yes"; "" for a language, which has its own name


@dataclass(frozen=True, slots=True)
class ReplySets:
    front: SetsFront
    replies: Mapping[str, tuple[QuickReply, ...]]  # by name of the set

    def find(self, name: str) -> tuple[QuickReply, ...] | None:
        """The replies of a set; a set that is only typed has none."""
        return self.replies.get(name, () if name in (NO_SET, *self.front.typed) else None)


@dataclass(frozen=True, slots=True)
class Phrase:
    id: str
    group: str
    text: str  # English
    replies: tuple[QuickReply, ...]
    is_typed: bool  # the person may also write an answer
    slots: tuple[str, ...]  # names that the counsellor fills
    facts: tuple[str, ...]  # names that the register fills
    fronts: tuple[GroupFront, SetsFront]

    @property
    def ctx(self) -> str:
        return f"phrase/{self.id}"

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Name and English text of all that people read of it."""
        replies = tuple((reply.ctx, reply.text) for reply in self.replies if reply.ctx)
        return ((self.ctx, self.text), *replies)


@dataclass(frozen=True, slots=True)
class Group:
    """One file of phrases, before its sets of replies are known."""

    front: GroupFront
    title: str
    texts: Mapping[str, str]  # by phrase
    path: str
    line: int  # of `replies`


@dataclass(frozen=True, slots=True)
class Bank:
    phrases: Mapping[str, Phrase]  # in the order in which counsellors see them
    groups: Mapping[str, str]  # group -> English title


# Reading


def group_of(document: Document) -> Group | None:
    document.slots = frozenset(slots.SLOTS)
    front = front_of(document, GroupFront)
    if front is None:
        return None
    for key, fault in _group_faults(document, front):
        document.fail(document.line_of(key), fault)
    title = document.blocks["title"].text if "title" in document.blocks else ""
    texts = {
        name.removeprefix("phrase/"): block.text
        for name, block in document.blocks.items()
        if name.startswith("phrase/")
    }
    return Group(front, title, texts, document.path, document.line_of("replies"))


def _group_faults(document: Document, front: GroupFront) -> Iterator[tuple[str, str]]:
    if front.review_every <= 0:
        yield "review_every", "review_every must be a number of days"
    if "title" not in document.blocks:
        yield "id", "the heading with the group's name is missing"
    wanted = {f"phrase/{name}" for name in front.replies}
    for name in document.blocks:
        if name != "title" and not re.fullmatch(rf"phrase/{front.id}-[1-9]\d?", name):
            yield "id", f"{name!r}: a phrase is called `## phrase: {front.id}-1`"
        elif name != "title" and name not in wanted:
            phrase = name.removeprefix("phrase/")
            yield "replies", f"{phrase}: its set of replies is missing; `{phrase}: {NO_SET}`"
    for name in sorted(wanted - document.blocks.keys()):
        yield "replies", f"the block `## {name.replace('/', ': ')}` is missing"


def reply_sets_of(document: Document) -> ReplySets | None:
    front = front_of(document, SetsFront)
    if front is None:
        return None
    found: dict[str, list[QuickReply]] = {}
    for name, block in document.blocks.items():
        of, _, reply = name.partition("/")
        if reply:
            found.setdefault(of, []).append(QuickReply(reply, block.text, document.ctx(name)))
        elif name != "title":
            document.fail(block.line, f"{name!r}: a reply is called `## {name}: yes`")
    found[LANGUAGES] = [QuickReply(code, code, "") for code in front.languages]
    for code in front.languages:
        if not is_known(code):
            document.fail(document.line_of("languages"), f"{code!r} is not the code of a language")
        elif len(own_name(code)) > _LABEL:
            document.fail(document.line_of("languages"), f"{code}: its name is too long")
    return ReplySets(front, {name: tuple(replies) for name, replies in found.items()})


def bank_of(groups: Iterable[Group], sets: ReplySets | None, problems: list[Problem]) -> Bank:
    """All phrases; one whose set of replies is not known is left out."""
    ordered = sorted(groups, key=lambda group: (group.front.order, group.front.id))
    phrases: dict[str, Phrase] = {}
    for group in ordered:
        for name, text in group.texts.items():
            wanted = group.front.replies.get(name, NO_SET)
            replies = sets.find(wanted) if sets is not None else None
            if sets is None or replies is None:
                message = f"{name}: there is no set of replies {wanted!r} in {SETS}.md"
                problems.append(Problem(group.path, group.line, message))
                continue
            phrases[name] = _phrase(name, text, group, replies, sets.front)
    return Bank(phrases, {group.front.id: group.title for group in ordered})


def _phrase(
    name: str, text: str, group: Group, replies: tuple[QuickReply, ...], sets: SetsFront
) -> Phrase:
    names = tuple(dict.fromkeys(wording.PLACEHOLDER.findall(text)))
    return Phrase(
        id=name,
        group=group.front.id,
        text=text,
        replies=replies,
        is_typed=group.front.replies.get(name) in sets.typed,
        slots=tuple(name for name in names if name in slots.SLOTS),
        facts=tuple(name for name in names if name not in slots.SLOTS),
        fronts=(group.front, sets),
    )
