"""Yes, no, not sure or rather not say, in the words of one language."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.flows.hearing_words import (
    AGREE,
    ASKS,
    BACK,
    BECAUSE,
    FILLER,
    HAVE,
    NO,
    NOT,
    OTHER,
    STOP,
    SURE,
    UNCLEAR,
    UNSAID,
    UNSURE,
    YES,
    Lexicon,
    Span,
)

LONG = 12  # words; of a longer text only a clear beginning counts
SHORT = 8  # words of an answer without "yes" or "no"
HEAD = 3  # words before a comma that may be the answer alone
TAIL = 6  # words behind a "yes" or "no" that no comma sets off
STEM = 4  # letters that a word shares with one of the question


@dataclass(frozen=True, slots=True)
class Verdict:
    """`name` is "" when the words are no answer. Fewer unknown words: the likelier language."""

    name: str
    unknown: int


def judge(words: Sequence[str], lexicon: Lexicon, asked: Collection[str], breaks: int) -> Verdict:
    """`asked`: words of the question. `breaks`: words before the first comma, or 0."""
    spans = lexicon.spans(words)
    strange = [w for s in spans if not s.names for w in s.words if not _is_asked(w, asked)]
    if _is_unsure(words, spans, lexicon):
        return Verdict(UNSURE, len(strange))
    other = lexicon.marks.get(OTHER, frozenset())
    if any(word in other for word in strange) and not (breaks or _is_led(spans, lexicon)):
        return Verdict("", len(strange))
    if not breaks and _gives_reason(spans, lexicon):
        breaks = len(spans[0].words)
    name = _judged(spans, strange, len(words), breaks)
    is_split = 0 < breaks <= HEAD and breaks < len(words) <= LONG
    if not name and is_split and not _is_doubtful(spans):
        name = judge(words[:breaks], lexicon, asked, 0).name
    return Verdict(name, len(strange))


def _is_doubtful(spans: list[Span]) -> bool:
    return any(span.name in (ASKS, UNCLEAR, YES, NO, UNSURE, UNSAID) for span in spans)


def _is_unsure(words: Sequence[str], spans: list[Span], lexicon: Lexicon) -> bool:
    """ "Hindi ko sure": a negation somewhere before "sure"."""
    sure = lexicon.marks.get(SURE, frozenset())
    at = next((at for at, word in enumerate(words) if word in sure), 0)
    before = lexicon.spans(words[:at])
    return len(words) <= SHORT and any(NOT in span.names for span in before) and len(before) < 4


def _is_led(spans: list[Span], lexicon: Lexicon) -> bool:
    """It begins with "yes" or "nope", and not with a negation of something."""
    words = [(word,) for word in spans[0].words]
    negates = any(NOT in lexicon.phrases.get(word, ()) for word in words)
    return spans[0].name == YES or (spans[0].name == NO and not negates)


def _gives_reason(spans: list[Span], lexicon: Lexicon) -> bool:
    """ "No because he said ..." """
    because = lexicon.marks.get(BECAUSE, frozenset())
    return len(spans) > 1 and spans[0].name in (YES, NO) and spans[1].words[0] in because


def _judged(spans: list[Span], strange: list[str], length: int, breaks: int) -> str:
    names = [span.name for span in spans]
    if UNCLEAR in names:
        return ""
    strong = next((at for at, s in enumerate(spans) if s.name in (YES, NO)), None)
    leads = strong is not None and all(
        FILLER in s.names or AGREE in s.names for s in spans[:strong]
    )
    if length > LONG and not (leads and breaks):
        return ""
    if ASKS in names and not (leads and _is_set_off(spans, strong, breaks, names)):
        return ""
    for name in (UNSAID, UNSURE):
        if name in names and len(strange) <= 1 and length <= LONG:
            return name
    if length <= LONG and len(spans) == 1 and names[0] in (BACK, STOP):
        return names[0]
    if leads and strong is not None:
        return _led(spans, strong, strange, length, breaks)
    return _echoed(spans, strange, length)


def _is_set_off(spans: list[Span], strong: int | None, breaks: int, names: list[str]) -> bool:
    """ "no, because he said what he wants": the answer ends before the rest begins."""
    if strong is None or not breaks:
        return False
    head = sum(len(span.words) for span in spans[: strong + 1])
    return breaks >= head and names.index(ASKS) > strong + 2


def _led(spans: list[Span], at: int, strange: list[str], length: int, breaks: int) -> str:
    """The answer stands first; what follows may only agree with it, or explain."""
    name, rest = spans[at].name, spans[at + 1 :]
    if rest and {YES, NO} == {name, rest[0].name} and not _turns(rest[0], name):
        return ""
    if name == YES and len(rest) <= 3 and any(NOT in s.names and HAVE not in s.names for s in rest):
        return "" if not breaks else name
    tail = sum(len(span.words) for span in rest)
    head = sum(len(span.words) for span in spans[: at + 1])
    if breaks and breaks <= head + 2:
        return name
    if len(strange) <= 3 and tail <= TAIL:
        return name
    return name if rest and FILLER in rest[0].names and len(strange) <= TAIL else ""


def _turns(span: Span, name: str) -> bool:
    """A word that is "yes" here may be a plain verb behind a "no", as in "no, I have"."""
    return len(span.names) > 1


def _echoed(spans: list[Span], strange: list[str], length: int) -> str:
    """No "yes" or "no" at the beginning: the verb of the question, or a negation."""
    if length > SHORT:
        return ""
    has_not = any(name in s.names for s in spans for name in (NOT, NO))
    has_verb = any(name in s.names for s in spans for name in (HAVE, YES))
    first = next((s for s in spans if s.name != FILLER), spans[0])
    last = spans[-1]
    ends = any(name in last.names for name in (NOT, NO))
    starts = ends or any(name in first.names for name in (NOT, NO, HAVE))
    if has_not:
        return NO if len(strange) <= (1 if starts or has_verb else 0) else ""
    if has_verb:
        return YES if not strange else ""
    return (
        AGREE
        if all(AGREE in s.names or FILLER in s.names for s in spans)
        and any(AGREE in s.names for s in spans)
        else ""
    )


def _is_asked(word: str, asked: Collection[str]) -> bool:
    if word in asked:
        return True
    return len(word) >= STEM and any(other[:STEM] == word[:STEM] for other in asked)
