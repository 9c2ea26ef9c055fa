"""What may stand in a text that people read.

Every rule returns the place of the fault and what to do about it. A translation is
judged against its English text: it must hold the same `{placeholders}` and may hold no
number, link or address that the English does not hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")

QUESTION, LABEL, NUMBER, ANSWER = "question", "label", "number", "answer"
SENTENCE, PHRASES, PLAIN = "sentence", "phrases", "plain"
LIMITS = {QUESTION: 80, LABEL: 30, NUMBER: 80, SENTENCE: 300, ANSWER: 600, PLAIN: 2000}
MAX_PHRASE = 200
MAX_PHRASES = 400

Fault = tuple[int, str]  # offset in the text, message

_BRACES = re.compile(r"\{[^{}\n]*\}?|\}")
_NUMBER = re.compile(r"\d+")
_NUMBERS = re.compile(r"\+?\d+(?:[ ()./\u00a0-]{1,3}\d+)*")  # 0800 800 678 is told as one
_LINK = re.compile(
    r"[a-z]{2,}://\S+|www\.\S+|[^\s@<>]+@[^\s@<>]+\.[a-z]{2,}|\S*xn--\S+"
    r"|(?<![\w.-])(?:[a-z0-9-]+\.)+(?:com|org|net|int|eu|ro|hu|ua|info|gov)(?![\w-])(?:/\S*)?",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?[a-z!][^>\n]*>?|&#?[a-z0-9]+;|\[[^\]\n]*\]\([^)\n]*\)|\*\*|`", re.I)
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffe\uffff\ud800-\udfff]"
)
_PHONE = re.compile(r"\+\d[\d ()./-]{4,}|\d[\d ()./\u00a0-]{4,}\d")
_YEARS = re.compile(r"(?:19|20)\d\d(?:\s*[-/]\s*(?:19|20)\d\d)?")
_MONEY = re.compile(
    r"\d\s?(?:RON|lei|HUF|Ft|forints?|EUR|euros?|€|USD)\b|(?:€|RON|HUF|EUR|USD)\s?\d", re.I
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DATE = re.compile(rf"\b\d{{1,2}} {_MONTH}\b|\b{_MONTH} \d{{1,2}}\b|\b\d{{4}}-\d\d-\d\d\b")


def kind_of(ctx: str) -> str:
    """What a msgctxt names: interface keys have no slash, content blocks do."""
    of, _, block = ctx.partition("/")
    if of == "lines":  # what a number on a danger card is
        return NUMBER
    if of in _BANK and block:
        return _BANK[of]
    if not block:
        return LABEL if ctx.startswith("topic_") else PLAIN
    head = block.partition("/")[0]
    return _KINDS.get(head, PLAIN)


_BANK = {
    "phrase": SENTENCE,  # what counsellors send
    "reply-set": LABEL,
    "words": PHRASES,  # what people say for yes, no, back
}
_KINDS = {
    "question": QUESTION,
    "label": LABEL,
    "button": LABEL,
    "answer": ANSWER,
    "first": ANSWER,
    "title": QUESTION,
    "examples": PHRASES,
    "cues": PHRASES,
    "lookalikes": PHRASES,
    # Guided flows
    "intro": ANSWER,
    "ask": SENTENCE,
    "help": SENTENCE,
    "option": LABEL,
    "because": SENTENCE,
    "reason": SENTENCE,
    "say": ANSWER,
    "add": ANSWER,
    "words": PHRASES,
}


def is_independent(ctx: str) -> bool:
    """Phrases people type are written anew in each language, not translated."""
    return kind_of(ctx) == PHRASES


def names_in(text: str) -> frozenset[str]:
    return frozenset(PLACEHOLDER.findall(text))


def phrases_of(text: str) -> tuple[str, ...]:
    return tuple(phrase for line in text.split("\n") if (phrase := line.strip()))


def english_faults(ctx: str, text: str, numbers: frozenset[str] = frozenset()) -> list[Fault]:
    """Faults of a source text. `numbers` are short phone numbers such as 112."""
    kind = kind_of(ctx)
    faults = list(_hidden(text))
    if kind == PHRASES:
        return faults + list(_phrase_faults(text))
    faults += [*_braces(text), *_markup(text), *_links(text, ""), *_typed_facts(text, numbers)]
    return faults + list(_too_long(kind, text))


def translation_faults(
    ctx: str, english: str, text: str, optional: frozenset[str] = frozenset()
) -> list[Fault]:
    """Faults of a translation; placeholders named in `optional` may be left out."""
    kind = kind_of(ctx)
    faults = list(_hidden(text))
    if kind == PHRASES:
        return faults + list(_phrase_faults(text))
    faults += [*_braces(text), *_names(english, text, optional), *_markup(text)]
    faults += [*_links(text, english), *_typed_numbers(english, text)]
    return faults + list(_too_long(kind, text))


def _too_long(kind: str, text: str) -> Iterator[Fault]:
    # Answers are measured again with their facts filled in.
    limit = LIMITS[kind]
    if len(text) > limit:
        yield limit, f"too long: {len(text)} characters, at most {limit}; shorten the text"


def _phrase_faults(text: str) -> Iterator[Fault]:
    offset = 0
    lines = text.split("\n")
    if len(lines) > MAX_PHRASES:
        yield 0, f"{len(lines)} phrases, at most {MAX_PHRASES}"
    for line in lines:
        if len(line) > MAX_PHRASE:
            yield offset, f"a phrase of {len(line)} characters, at most {MAX_PHRASE}"
        offset += len(line) + 1


def _hidden(text: str) -> Iterator[Fault]:
    for found in _HIDDEN.finditer(text):
        code = f"U+{ord(found[0]):04X}"
        yield found.start(), f"hidden character {code}; take it out and type the text again"


def _braces(text: str) -> Iterator[Fault]:
    if "{" not in text and "}" not in text:
        return
    for found in _BRACES.finditer(text):
        if not PLACEHOLDER.fullmatch(found[0]):
            yield found.start(), f"'{found[0][:40]}': braces may only hold a name, as in {{name}}"


def _names(english: str, text: str, optional: frozenset[str]) -> Iterator[Fault]:
    wanted, present = names_in(english), names_in(text)
    for name in sorted(wanted - present - optional):
        yield 0, f"the placeholder {{{name}}} is missing; copy it from the English text"
    for name in sorted(present - wanted):
        place = text.index("{" + name + "}")
        yield place, f"the placeholder {{{name}}} is not in the English text; take it out"


def _markup(text: str) -> Iterator[Fault]:
    for found in _MARKUP.finditer(text):
        yield found.start(), f"'{found[0][:40]}': plain text only, no HTML and no Markdown"


def _links(text: str, english: str) -> Iterator[Fault]:
    if "." not in text and "@" not in text:
        return
    for found in _LINK.finditer(text):
        if found[0] not in english:
            message = f"an address was typed here ({found[0][:60]}); use a {{placeholder}}"
            yield found.start(), message


def _blank_names(text: str) -> str:
    return PLACEHOLDER.sub(lambda found: " " * len(found[0]), text) if "{" in text else text


def _digits(run: str) -> str:
    return run if run.isascii() else "".join(str(unicodedata.decimal(char)) for char in run)


def _typed_numbers(english: str, text: str) -> Iterator[Fault]:
    known: set[str] | None = None
    for found in _NUMBERS.finditer(_blank_names(text)):
        if known is None:
            known = {_digits(run) for run in _NUMBER.findall(_blank_names(english))}
        if any(_digits(run) not in known for run in _NUMBER.findall(found[0])):
            left_out = sorted(names_in(english) - names_in(text)) or ["placeholder"]
            message = f"a number was typed here ({found[0][:30]}); use {{{left_out[0]}}}"
            yield found.start(), f"{message}, or only numbers of the English text"


def _typed_facts(text: str, numbers: frozenset[str]) -> Iterator[Fault]:
    plain = _blank_names(text)
    phones = [found for found in _PHONE.finditer(plain) if not _YEARS.fullmatch(found[0].strip())]
    phones = [found for found in phones if sum(char.isdigit() for char in found[0]) >= 6]
    shorts = [found for found in _NUMBER.finditer(plain) if found[0] in numbers]
    for found in (*phones, *shorts, *_MONEY.finditer(plain), *_DATE.finditer(plain)):
        message = f"a number was typed here ({found[0].strip()[:30]})"
        yield found.start(), f"{message}; declare it as a fact and use {{placeholder}}"
