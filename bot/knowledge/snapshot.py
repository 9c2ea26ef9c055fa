"""Everything the service knows at one moment; readers take it once per turn."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from bot.i18n import Catalogues, wording
from bot.i18n.locales import SOURCE
from bot.knowledge import answers, said, slots
from bot.knowledge.answers import Answer, CardAnswer
from bot.knowledge.entries import Card, Entry
from bot.knowledge.facts import Fact, Row
from bot.knowledge.flow_model import Flow
from bot.knowledge.flow_spoken import Spoken, spoken
from bot.knowledge.phrases import Phrase
from bot.knowledge.places import Places
from bot.knowledge.said import Said
from bot.knowledge.topics import TOPICS
from bot.knowledge.values import Stage, Values
from bot.messages import Text

EMERGENCY = "112"
Examples = Mapping[str, Mapping[str, tuple[str, ...]]]


def utc_today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


@dataclass(frozen=True)
class Snapshot:
    """One immutable state of content and locales."""

    id: str  # short hash of all files, named in stored replies
    stage: Stage
    catalogues: Catalogues
    entries: Mapping[str, Entry]
    cards: Mapping[str, Card]
    number_labels: Mapping[str, str]  # row id -> English label on a danger card
    phrases: Mapping[str, Phrase]  # of counsellors, in the order in which they see them
    phrase_groups: Mapping[str, str]  # group -> English title
    values: Values
    flows: Mapping[str, Flow] = field(default_factory=dict)
    flow_words_english: Mapping[str, str] = field(default_factory=dict)  # "yes" -> phrases
    places: Places = field(default_factory=Places, repr=False)
    today: Callable[[], datetime.date] = field(default=utc_today, repr=False)

    def named(self) -> Snapshot:
        """The same with its id: a hash of everything it can say."""
        digest = hashlib.blake2b(digest_size=6)
        digest.update(self.stage.encode())
        for part in (self.entries, self.cards, self.number_labels, self.facts, self.directory):
            digest.update(repr(sorted(part.items())).encode())
        digest.update(repr((*self.phrases.items(), *self.phrase_groups.items())).encode())
        digest.update(repr(sorted((flow.id, flow.front) for flow in self.flows.values())).encode())
        digest.update(repr(sorted(self.flow_words_english.items())).encode())
        digest.update(repr((self.places.cities, self.places.serves)).encode())
        for locale, table in sorted(self.catalogues.tables.items()):
            digest.update(repr((locale, sorted(table.items()))).encode())
        return replace(self, id=digest.hexdigest())

    def without(self, names: frozenset[str]) -> Snapshot:
        """As if these facts and rows of the directory were withdrawn in their files."""
        gone = frozenset(name for name in names if self.is_withdrawable(name))
        if not gone:
            return self
        facts = {
            name: msgspec.structs.replace(fact, state="withdrawn") if name in gone else fact
            for name, fact in self.facts.items()
        }
        rows = {
            name: msgspec.structs.replace(row, state="withdrawn") if name in gone else row
            for name, row in self.directory.items()
        }
        digest = hashlib.blake2b(repr((self.id, sorted(gone))).encode(), digest_size=6)
        return replace(self, id=digest.hexdigest(), values=Values.of(facts, rows))

    def is_withdrawable(self, name: str) -> bool:
        """A fact, or a row of the directory. The emergency number stays, whatever happens."""
        if name in self.facts:
            return True
        row = self.directory.get(name)
        return row is not None and not (row.kind == "emergency" and EMERGENCY in row.phones)

    def declared_as(self, name: str) -> str:
        """The fact or the row of the directory behind a name in a text; empty for neither."""
        if name in self.facts:
            return name
        return self.values.cells[name][0].id if name in self.values.cells else ""

    def names_of(self, declared: str) -> tuple[str, ...]:
        """The names in texts behind which a fact, or a row of the directory, stands."""
        if declared in self.facts:
            return (declared,)
        cells = self.values.cells.items()
        return tuple(name for name, (row, _) in cells if row.id == declared)

    @property
    def facts(self) -> Mapping[str, Fact]:
        return self.values.facts

    @property
    def directory(self) -> Mapping[str, Row]:
        return self.values.rows

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics that have an entry, in the plan's order."""
        used = {entry.topic for entry in self.entries.values()}
        return tuple(topic for topic in TOPICS if topic in used)

    def topic_label(self, topic: str) -> Text:
        return TOPICS[topic]

    def entries_of(self, intent: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries.values() if entry.intent == intent)

    def entry_for(self, intent: str, country: str | None) -> Entry | None:
        """The twin of the country, else the common entry, else the only one there is.

        None when twins exist and the country that would choose is unknown.
        """
        twins = {entry.country: entry for entry in self.entries_of(intent)}
        if country in twins:
            return twins[country]
        if "common" in twins:
            return twins["common"]
        return next(iter(twins.values())) if len(twins) == 1 else None

    def entries_in(self, topic: str, country: str | None) -> tuple[Entry, ...]:
        """Entries of a topic for a country (all when unknown), the country's own first."""
        wanted = ("ro", "hu", "common") if country not in ("ro", "hu") else (country, "common")
        return tuple(
            entry
            for place in wanted
            for entry in self.entries.values()
            if entry.topic == topic and entry.country == place
        )

    def question(self, entry_id: str, locale: str) -> str:
        return self.text(self.entries[entry_id], "question", locale)

    def label(self, entry_id: str, locale: str) -> str:
        return self.text(self.entries[entry_id], "label", locale)

    def card_title(self, card_id: str, locale: str) -> str:
        return self.text(self.cards[card_id], "title", locale)

    def answer(self, entry_id: str, locale: str, country: str | None = None) -> Answer:
        """The answer as it may be shown today. Raises KeyError for an unknown entry."""
        return answers.answer(self, self.entries[entry_id], locale, country)

    def card(self, card_id: str, locale: str, country: str | None) -> CardAnswer:
        """A danger card; numbers of both countries while the country is unknown."""
        return answers.card(self, self.cards[card_id], locale, country)

    def phrase(
        self, phrase_id: str, locale: str, values: Mapping[str, object] | None = None
    ) -> Said:
        """A counsellor's phrase with its values, as it is sent.

        Raises KeyError for an unknown phrase, `BadSlot` for a value that is missing or
        wrong, `NotShown` when it may not be sent.
        """
        return said.say(self, self.phrases[phrase_id], locale, values or {})

    def phrases_in(self, locale: str) -> tuple[Phrase, ...]:
        """Phrases that may be sent in this very locale."""
        return tuple(
            phrase for phrase in self.phrases.values() if said.is_offered(self, phrase, locale)
        )

    def phrase_text(self, phrase_id: str, locale: str) -> str:
        """A phrase as a counsellor reads it, its slots not yet filled."""
        return said.text_of(self, self.phrases[phrase_id], locale)

    def phrase_reply(self, phrase_id: str, n: int, locale: str) -> str:
        """A quick reply as a counsellor reads it. Raises KeyError when there is none."""
        replies = dict(enumerate(self.phrases[phrase_id].replies))
        return said.told(self, replies[n], locale)

    def phrase_group(self, group: str, locale: str) -> str:
        english = self.phrase_groups[group]
        return self.catalogues.text(f"{group}/title", locale, english) or english

    def slot_options(
        self, slot: str, locale: str, country: str | None = None
    ) -> tuple[tuple[str, str], ...]:
        """Value and label of what may be chosen for a slot; nothing for one that is written."""
        return slots.options(self, slot, locale, country)

    def examples(self) -> Examples:
        """What people say, by intent and locale; twins are pooled."""
        pooled: dict[str, dict[str, tuple[str, ...]]] = {}
        for entry in self.entries.values():
            by_locale = pooled.setdefault(entry.intent, {})
            for locale, phrases in self._phrases(entry, "examples").items():
                asked = self._known(entry, "question", locale)
                joined = (*by_locale.get(locale, ()), *asked, *phrases)
                by_locale[locale] = tuple(dict.fromkeys(joined))
        return pooled

    def cues(self) -> Examples:
        return {card.id: self._phrases(card, "cues") for card in self.cards.values()}

    def lookalikes(self) -> Examples:
        return {card.id: self._phrases(card, "lookalikes") for card in self.cards.values()}

    def text(self, of: Entry | Card, block: str, locale: str) -> str:
        """A block in a locale, or in English while it has no translation."""
        english = of.blocks[block].text
        return self.catalogues.text(of.ctx(block), locale, english) or english

    # Guided flows

    def flow_text(self, flow_id: str, block: str, locale: str) -> str:
        """A block of a flow, or its English. Raises KeyError for an unknown one."""
        flow = self.flows[flow_id]
        english = flow.blocks[block].text
        return self.catalogues.text(flow.ctx(block), locale, english) or english

    def flow_label(self, flow_id: str, locale: str) -> str:
        return self.flow_text(flow_id, "label", locale)

    def flows_in(self, topic: str) -> tuple[Flow, ...]:
        return tuple(flow for flow in self.flows.values() if flow.topic == topic)

    @cached_property
    def spoken(self) -> Spoken:
        """What people say for "yes", "no" and the rest, in every language at once."""
        texts = dict(self.flow_words_english)
        for name in [key for key in texts if "/" not in key]:
            for locale in self.catalogues.tables:
                own = self.flow_words(name, locale)
                if own and locale != SOURCE:
                    key = f"{locale}/{name}"
                    texts[key] = "\n".join((*own, texts.get(key, "")))
        return spoken(texts)

    def flow_words(self, name: str, locale: str) -> tuple[str, ...]:
        """What people say for "yes", "no", "back" in a locale; nothing when it has no words."""
        return self._spoken(f"words/{name}", self.flow_words_english.get(name, ""), locale)

    def option_words(
        self, flow_id: str, question: str, option: str, locale: str
    ) -> tuple[str, ...]:
        """What people say for an option of a flow, besides its label."""
        flow, name = self.flows[flow_id], f"words/{question}/{option}"
        english = flow.blocks[name].text if name in flow.blocks else ""
        return self._spoken(flow.ctx(name), english, locale)

    def _spoken(self, ctx: str, english: str, locale: str) -> tuple[str, ...]:
        text = english if locale == SOURCE else self.catalogues.text(ctx, locale)
        return wording.phrases_of(text or "")

    def _known(self, of: Entry, block: str, locale: str) -> tuple[str, ...]:
        english = of.blocks[block].text
        text = english if locale == SOURCE else self.catalogues.text(of.ctx(block), locale, english)
        return (text,) if text else ()

    def _phrases(self, of: Entry | Card, block: str) -> dict[str, tuple[str, ...]]:
        texts = {SOURCE: of.blocks[block].text}
        for locale in self.catalogues.locales:
            text = self.catalogues.text(of.ctx(block), locale)
            if text:
                texts[locale] = text
        return {locale: wording.phrases_of(text) for locale, text in texts.items()}
