"""What may be shown of an entry or a card, in which language, with which notices.

Demo serves unreviewed text and unverified facts and says so. Live serves reviewed text
and verified facts only; for legal, medical and safety topics nothing else takes their
place, and the person is offered a counsellor.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from bot.i18n import country_name, isolate, language_name, wording
from bot.i18n.locales import SOURCE
from bot.knowledge import notices
from bot.knowledge.entries import ButtonSpec, Card, Entry
from bot.knowledge.facts import Row
from bot.knowledge.values import is_verified
from bot.messages import Origin, Text

if TYPE_CHECKING:
    from bot.knowledge.snapshot import Snapshot

MAX_SOURCES = 2


@dataclass(frozen=True, slots=True)
class Bubble:
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Button:
    kind: Literal["entry", "flow", "danger", "link"]
    target: str  # entry, flow or card id; for a link the name of its block
    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An entry as it may be shown. No bubbles: offer a counsellor instead."""

    entry: str
    bubbles: tuple[Bubble, ...]
    buttons: tuple[Button, ...]
    served_locale: str
    notices: tuple[Text, ...]  # in the order in which they are shown, after the bubbles
    risk: str
    status: str
    sources: tuple[str, ...] = ()
    checked_on: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One number of a danger card; of some who help only a web site or e-mail is known."""

    row: str
    phone: str  # or ""
    label: str
    country: str  # "ro" | "hu"
    text: str  # the whole line, rendered
    reach: tuple[str, ...] = ()  # as `Row.ways`

    @property
    def first_phone(self) -> str:
        """One number to call; what stands in brackets is the same from inside the country."""
        return self.phone.partition(",")[0].partition("(")[0].strip()


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """A danger card: what to know first, then the numbers."""

    card: str
    title: str
    bubbles: tuple[Bubble, ...]  # the first words, and all numbers
    lines: tuple[NumberLine, ...]
    served_locale: str  # of the first words

    @property
    def numbers(self) -> Bubble:
        return self.bubbles[-1]


def answer(snapshot: Snapshot, entry: Entry, locale: str, country: str | None) -> Answer:
    served = _served_locale(snapshot, entry, locale)
    bubbles, is_short = _bubbles(snapshot, entry, served) if served else ((), False)
    sources, checked_on = _sources(snapshot, _facts(bubbles))
    return Answer(
        entry=entry.id,
        bubbles=bubbles,
        buttons=tuple(_buttons(snapshot, entry, locale, country)),
        served_locale=served or locale,
        notices=tuple(_notices(snapshot, entry, locale, bubbles, is_short)),
        risk=entry.front.risk,
        status=entry.front.status,
        sources=sources,
        checked_on=checked_on,
    )


# Language


def _served_locale(snapshot: Snapshot, entry: Entry, locale: str) -> str | None:
    """The locale the whole answer is served in: one answer never mixes languages."""
    if _is_servable(snapshot, entry, locale):
        return locale
    if snapshot.stage == "live" and entry.front.risk != "G":
        return None
    others = (SOURCE, *snapshot.catalogues.locales)
    return next((other for other in others if _is_servable(snapshot, entry, other)), None)


def _is_servable(snapshot: Snapshot, entry: Entry, locale: str) -> bool:
    if locale == SOURCE:
        return snapshot.stage == "demo" or _is_reviewed(snapshot, entry)
    ctxs = [entry.ctx(name) for name in entry.answers]
    texts = (
        snapshot.catalogues.text(entry.ctx(name), locale, entry.blocks[name].text)
        for name in entry.answers
    )
    if not all(texts):
        return False
    if snapshot.stage == "demo":
        return True
    signed = all(snapshot.catalogues.reviewed(ctx, locale) for ctx in ctxs)
    return signed and _is_reviewed(snapshot, entry)


def _is_reviewed(snapshot: Snapshot, entry: Entry) -> bool:
    """The English text is signed off, and its review is not overdue."""
    front, today = entry.front, snapshot.today()
    if front.reviewed_on is None or (front.expires_on is not None and today > front.expires_on):
        return False
    return today <= front.reviewed_on + datetime.timedelta(days=front.review_every)


# Bubbles


def _bubbles(snapshot: Snapshot, entry: Entry, locale: str) -> tuple[tuple[Bubble, ...], bool]:
    """The bubbles, and whether one was left out because a fact may not be shown."""
    if entry.front.expires_on is not None and snapshot.today() > entry.front.expires_on:
        return (), True
    bubbles = []
    for name in entry.answers:
        template = snapshot.text(entry, name, locale)
        filled = snapshot.values.fill(template, locale, snapshot.stage, snapshot.today())
        if not filled.withheld:
            origin = Origin(entry.id, name, locale, filled.facts, snapshot.id)
            bubbles.append(Bubble(filled.text, origin))
    return tuple(bubbles), len(bubbles) < len(entry.answers)


# Notices


def _notices(
    snapshot: Snapshot, entry: Entry, locale: str, bubbles: tuple[Bubble, ...], is_short: bool
) -> Iterator[Text]:
    if is_short:
        yield notices.FACT_EXPIRED
    if not bubbles:
        return
    served = bubbles[0].origin.locale
    facts = _facts(bubbles)
    if served != locale:
        yield notices.LANG_MISSING.having(language=language_name(served, locale))
    if entry.front.status == "thin":
        yield notices.THIN_LINE
    if not _is_confirmed(snapshot, entry, served, facts):
        yield notices.UNVERIFIED_LINE
    yield from source_notice(snapshot, facts)
    if entry.front.risk == "L":
        yield notices.NOT_LEGAL_ADVICE


def _facts(bubbles: tuple[Bubble, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for bubble in bubbles for name in bubble.origin.facts))


def _is_confirmed(snapshot: Snapshot, entry: Entry, locale: str, facts: tuple[str, ...]) -> bool:
    today = snapshot.today()
    if not all(snapshot.values.is_verified(name, today) for name in facts):
        return False
    signed = locale == SOURCE or all(
        snapshot.catalogues.reviewed(entry.ctx(name), locale) for name in entry.answers
    )
    return signed and _is_reviewed(snapshot, entry)


def source_notice(snapshot: Snapshot, facts: tuple[str, ...]) -> Iterator[Text]:
    sources, checked_on = _sources(snapshot, facts)
    if not sources:
        return
    source = ", ".join(sources)
    if checked_on is not None:
        yield notices.SOURCE_LINE.having(source=source, date=checked_on)
    else:
        years = sorted({_year(snapshot, name) for name in facts} - {""})
        yield notices.SOURCE_YEAR_LINE.having(source=source, year=", ".join(years[-1:]))


def _year(snapshot: Snapshot, name: str) -> str:
    """The newest year in a fact's `source_year`, which may be "2018-2022" or "undated"."""
    source = snapshot.values.source(name)
    return max(re.findall(r"(?:19|20)\d\d", source.source_year if source else ""), default="")


def _sources(
    snapshot: Snapshot, facts: tuple[str, ...]
) -> tuple[tuple[str, ...], datetime.date | None]:
    """Short names of the sources, and the oldest check when every fact is verified."""
    used = [source for name in facts if (source := snapshot.values.source(name)) is not None]
    names = dict.fromkeys(short for source in used if (short := short_source(source.source)))
    dates = [source.verified_on for source in used if is_verified(source, snapshot.today())]
    known = [date for date in dates if date is not None]
    checked_on = min(known) if used and len(known) == len(used) else None
    return tuple(names)[:MAX_SOURCES], checked_on


def short_source(source: str) -> str:
    """A web site's host, or the first words of a source without an address."""
    first = source.split(" ; ")[0].split("; ")[0].strip()
    if first.startswith("http"):
        return (urlsplit(first.split(" ")[0]).hostname or "").removeprefix("www.")
    return first.partition("(")[0].strip()[:60]


# Buttons


def _buttons(
    snapshot: Snapshot, entry: Entry, locale: str, country: str | None
) -> Iterator[Button]:
    for spec in entry.buttons:
        button = _button(snapshot, entry, spec, locale)
        if button is not None and not _is_foreign(snapshot, spec, country):
            yield button


def _is_foreign(snapshot: Snapshot, spec: ButtonSpec, country: str | None) -> bool:
    """An entry of the other country helps nobody whose country is known."""
    if spec.kind != "entry" or country not in ("ro", "hu"):
        return False
    return snapshot.entries[spec.target].country not in (country, "common")


def _button(snapshot: Snapshot, entry: Entry, spec: ButtonSpec, locale: str) -> Button | None:
    """The button, or None when there is nothing behind it (yet)."""
    if spec.kind == "entry" and spec.target in snapshot.entries:
        return Button("entry", spec.target, snapshot.label(spec.target, locale))
    if spec.kind == "flow" and spec.target in snapshot.flows:
        return Button("flow", spec.target, snapshot.flow_label(spec.target, locale))
    if spec.kind == "danger" and spec.target in snapshot.cards:
        return Button("danger", spec.target, snapshot.card_title(spec.target, locale))
    if spec.kind == "link" and (url := _url(snapshot, spec)):
        label = snapshot.text(entry, f"button/{spec.target}", locale)
        return Button("link", spec.target, label, url)
    return None


def _url(snapshot: Snapshot, spec: ButtonSpec) -> str | None:
    found = wording.PLACEHOLDER.fullmatch(spec.url)
    if not found:
        return spec.url
    if not snapshot.values.may_show(found[1], snapshot.stage, snapshot.today()):
        return None
    return snapshot.values.url(found[1])


# Danger cards


def card(snapshot: Snapshot, card: Card, locale: str, country: str | None) -> CardAnswer:
    lines = tuple(_number_lines(snapshot, card, locale, country))
    first, served = _first(snapshot, card, locale)
    contacts = tuple(contact_of(snapshot.directory[line.row]) for line in lines)
    numbers = Bubble(
        "\n".join(line.text for line in lines),
        Origin(card.id, "numbers", locale, contacts, snapshot.id),
    )
    return CardAnswer(
        card=card.id,
        title=snapshot.card_title(card.id, locale),
        bubbles=(Bubble(first, Origin(card.id, "first", served, (), snapshot.id)), numbers),
        lines=lines,
        served_locale=served,
    )


def _first(snapshot: Snapshot, card: Card, locale: str) -> tuple[str, str]:
    english = card.blocks["first"].text
    text = snapshot.catalogues.text(card.ctx("first"), locale, english)
    return (text, locale) if text else (english, SOURCE)


def _number_lines(
    snapshot: Snapshot, card: Card, locale: str, country: str | None
) -> Iterator[NumberLine]:
    countries = (country,) if country in ("ro", "hu") else ("ro", "hu")
    for code in countries:
        for row_id in card.front.numbers.get(code, ()):  # type: ignore[call-overload]
            row = snapshot.directory.get(row_id)
            if row is not None and may_show(snapshot, row):
                yield number_line(snapshot, row, code, locale)


def contact_of(row: Row) -> str:
    return f"{row.id.replace('-', '_')}_{row.contact}"


def may_show(snapshot: Snapshot, row: Row) -> bool:
    if snapshot.values.may_show(contact_of(row), snapshot.stage, snapshot.today()):
        return True
    # An overdue check never hides the emergency number.
    return row.kind == "emergency" and bool(row.phones) and row.state not in ("held", "withdrawn")


def number_line(snapshot: Snapshot, row: Row, country: str, locale: str) -> NumberLine:
    contact = snapshot.values.shown(contact_of(row), locale)
    english = snapshot.number_labels.get(row.id, row.name)
    label = snapshot.catalogues.text(f"lines/label/{row.id}", locale, english)
    label = label or isolate(english, locale)
    name = country_name(country, locale)
    text = f"{contact} – {label} ({name})"
    return NumberLine(row.id, ", ".join(row.phones), label, country, text, row.ways)
