"""What a reply looks like on Telegram: parts, direction marks, keyboard.

Plain text only, never a parse mode: nothing in a reply can become markup.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import regex  # type: ignore[import-untyped]
from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot.messages import MAX_ACTION_BYTES, Choice, Reply, clean_text

log = logging.getLogger(__name__)

MAX_UNITS = 4096  # UTF-16 code units of one message
MAX_BUTTONS = 100
MAX_COPIED = 256  # characters that a button may copy
SHORT_LABEL = 20  # characters; two such buttons fit side by side on a small phone

LRI, PDI, RLM = "\u2066", "\u2069", "\u200f"

_GRAPHEME = regex.compile(r"\X")
_URL = regex.compile(r"https?://\S+", regex.IGNORECASE)
# From the most welcome place to cut to the least: paragraph, line, sentence, word.
_UNMARKED = r"(?![\p{M}\u200d\ufe0f])"  # a mark after a space is one grapheme with it
_BORDERS = (
    regex.compile(r"\n[^\S\n]*\n\s*" + _UNMARKED),
    regex.compile(r"\n\s*" + _UNMARKED),
    regex.compile(r"(?:[.!?…؟۔।]+[\"'»”)]*\s+|[。！？]+)" + _UNMARKED),
    regex.compile(r"\s+" + _UNMARKED),
)
# The bidi algorithm lays the groups of "+40 21 313" out from right to left when they stand in
# Arabic text, and moves the plus sign. A single run of digits such as "112" is safe.
_NUMBER = r"\(?\d{1,20}(?:[.,:]\d{1,20}){0,3}\)?"
_GROUPED_NUMBER = regex.compile(
    r"[\u2066\u2068][^\u2069\n]*\u2069"  # already isolated
    rf"|(?<![\w+.,:/\-])(?:\+{_NUMBER}|{_NUMBER}(?=[ \u00a0/\-]\(?\d))"
    rf"(?:[ \u00a0/\-]{_NUMBER}){{0,12}}(?!\w)"
)
_TAPPED_NUMBER = regex.compile(r"\d[\d \u00a0()/.\-]*")
_OVERRIDES = regex.compile("[\u202a-\u202e]")


@dataclass(frozen=True, slots=True)
class Part:
    """One Telegram message."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None


def layout(reply: Reply, direction: str) -> list[Part]:
    """The messages one reply becomes; the buttons stand under the last."""
    text = bidi_safe(with_call_numbers(clean_text(reply.text), reply.choices), direction)
    texts = [piece for piece in split(text) if piece.strip()]
    last = len(texts) - 1
    board = keyboard(reply.choices)
    return [Part(text, board if at == last else None) for at, text in enumerate(texts)]


def utf16_units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def split(text: str, limit: int = MAX_UNITS) -> list[str]:
    """Cut a text into pieces of at most `limit` UTF-16 units that join to the original.

    Never inside a grapheme that fits into one piece, and not inside a link if that can be
    avoided.
    """
    pieces = []
    while utf16_units(text) > limit:
        cut = _cut(text, limit)
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text] if text or not pieces else pieces


def _cut(text: str, limit: int) -> int:
    """Where the first piece ends, as an index into `text`; at least 1."""
    end = _last_grapheme_end(text, limit)
    head = text[:end]
    for border in _BORDERS:
        ends = [m.end() for m in border.finditer(head) if m.start() > 0]
        # A border near the start would leave a crumb; a later one of a lesser kind reads better.
        if ends and ends[-1] > end // 2:
            return int(ends[-1])
    return _start_of_link_at(text, end) or end


def _last_grapheme_end(text: str, limit: int) -> int:
    units, end = 0, 0
    for match in _GRAPHEME.finditer(text):
        units += utf16_units(match.group())
        if units > limit:
            break
        end = match.end()
    return end or _last_char_end(text, limit)


def _last_char_end(text: str, limit: int) -> int:
    """For one grapheme longer than a whole message, such as a letter under 10,000 marks."""
    units = 0
    for at, char in enumerate(text):
        units += 2 if char > "\uffff" else 1
        if units > limit:
            return at
    return len(text)


def _start_of_link_at(text: str, cut: int) -> int:
    """The start of the link that `cut` would break, or 0."""
    for link in _URL.finditer(text):
        if link.start() < cut < link.end():
            return int(link.start())
    return 0


def bidi_safe(text: str, direction: str) -> str:
    """Keep number groups in order and lines on their side, whatever scripts they mix."""
    text = _OVERRIDES.sub("\ufffd", text)
    if direction != "rtl":
        return text
    text = _GROUPED_NUMBER.sub(_isolated, text)
    return "\n".join(_starting_rtl(line) for line in text.split("\n"))


def _isolated(match: regex.Match[str]) -> str:
    found: str = match.group()
    return found if found.endswith(PDI) else f"{LRI}{found}{PDI}"


def _starting_rtl(line: str) -> str:
    """Telegram lays a line out by its first letter; an office's Latin name would turn it."""
    first = next(_strong_classes(line), "R")
    return RLM + line if first == "L" else line


def _strong_classes(line: str) -> Iterator[str]:
    depth = 0
    for char in line:
        kind = unicodedata.bidirectional(char)
        depth += (kind in ("LRI", "RLI", "FSI")) - (kind == "PDI" and depth > 0)
        if not depth and kind in ("L", "R", "AL"):
            yield kind


def with_call_numbers(text: str, choices: Sequence[Choice]) -> str:
    """Telegram has no buttons that call; a number in the text can be tapped instead."""
    there = {_digits(match.group()) for match in _TAPPED_NUMBER.finditer(text)}
    calls = [(choice.label, choice.url[4:]) for choice in choices if choice.url.startswith("tel:")]
    missing = [f"{label}: {number}" for label, number in calls if _digits(number) not in there]
    return "\n".join([text, *missing])


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def keyboard(choices: Sequence[Choice]) -> InlineKeyboardMarkup | None:
    buttons = [button for choice in choices if (button := _button(choice))][:MAX_BUTTONS]
    return InlineKeyboardMarkup(_rows(buttons)) if buttons else None


def without_copies(board: InlineKeyboardMarkup) -> InlineKeyboardMarkup | None:
    """For a server that does not know buttons that copy; None when no other is left."""
    rows = ([b for b in row if b.copy_text is None] for row in board.inline_keyboard)
    kept = [row for row in rows if row]
    return InlineKeyboardMarkup(kept) if kept else None


def _button(choice: Choice) -> InlineKeyboardButton | None:
    label = clean_text(choice.label).strip()
    if label and 0 < len(choice.copy) <= MAX_COPIED:
        return InlineKeyboardButton(label, copy_text=CopyTextButton(choice.copy))
    if label and choice.url and _opens_on_telegram(choice.url):
        return InlineKeyboardButton(label, url=choice.url)
    if label and not choice.url and 0 < len(choice.action.encode()) <= MAX_ACTION_BYTES:
        return InlineKeyboardButton(label, callback_data=choice.action)
    if not choice.url.startswith("tel:"):
        # One bad button would make Telegram refuse the whole message.
        log.warning("button left out", extra={"reason": "url" if choice.url else "action"})
    return None


def _opens_on_telegram(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "tg":
        return True
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "")


def _rows(buttons: Sequence[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        if rows and len(rows[-1]) == 1 and _is_short(rows[-1][0]) and _is_short(button):
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows


def _is_short(button: InlineKeyboardButton) -> bool:
    return len(button.text) <= SHORT_LABEL
