"""What the NLU model is trained on: every example we know, and the names of places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.confidence import NOT_DANGER
from bot.i18n import country_name, language_name
from bot.knowledge import Snapshot
from bot.training import place_lookups, training_yaml

# People name countries in their own language whether or not we answer in it.
NAMED_IN = tuple("en ro hu uk ru ar fa tr ne si vi zh bn hi ur fil".split())


def every_example(
    snapshot: Snapshot, system: Mapping[str, Mapping[str, Sequence[str]]]
) -> dict[str, Mapping[str, Sequence[str]]]:
    """Questions, `system` (nlu/data), and what only looks like danger, under `not-danger`.

    Where a language has questions, these show what is harmless; the look-alikes beside them
    only took answers away (measured: two of a hundred in Arabic and Ukrainian).
    """
    questions = snapshot.examples()
    has_questions = {locale for by_locale in questions.values() for locale in by_locale}
    harmless = {locale: list(phrases) for locale, phrases in system.get(NOT_DANGER, {}).items()}
    for by_locale in snapshot.lookalikes().values():
        for locale in by_locale.keys() - has_questions:
            harmless.setdefault(locale, []).extend(by_locale[locale])
    return {**system, **questions, NOT_DANGER: harmless}


def training_data(snapshot: Snapshot, system: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Rasa NLU data of one snapshot; `system` are the intents of nlu/data."""
    cities: dict[str, tuple[str, ...]] = {
        row.city: () for row in snapshot.directory.values() if row.latitude
    }
    locales = tuple(dict.fromkeys((*NAMED_IN, *snapshot.catalogues.locales)))
    lookups = place_lookups(locales, country_name, language_name, cities)
    return training_yaml(every_example(snapshot, system), lookups)
