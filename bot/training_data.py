"""What the NLU model is trained on: every example we know, and the names of places."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.confidence import NOT_DANGER
from bot.i18n import country_name, language_name
from bot.knowledge import Snapshot
from bot.training import place_lookups, training_yaml

# People name countries in their own language whether or not we answer in it.
NAMED_IN = tuple("en ro hu uk ru ar fa tr ne si vi zh bn hi ur fil".split())


def every_example(
    snapshot: Snapshot, system: Mapping[str, Mapping[str, Sequence[str]]]
) -> dict[str, Mapping[str, Sequence[str]]]:
    """Questions, `system` (nlu/data), and what only looks like danger, under `not-danger`."""
    return _with_lookalikes(snapshot, system, frozenset())


def _with_lookalikes(
    snapshot: Snapshot,
    system: Mapping[str, Mapping[str, Sequence[str]]],
    without: Collection[str],
) -> dict[str, Mapping[str, Sequence[str]]]:
    harmless = {locale: list(phrases) for locale, phrases in system.get(NOT_DANGER, {}).items()}
    for by_locale in snapshot.lookalikes().values():
        for locale in by_locale.keys() - without:
            harmless.setdefault(locale, []).extend(by_locale[locale])
    return {**system, **snapshot.examples(), NOT_DANGER: harmless}


def training_data(snapshot: Snapshot, system: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Rasa NLU data of one snapshot; `system` are the intents of nlu/data.

    Where a language has questions, these show the model what is harmless; look-alikes beside
    them only took answers away (measured: up to two of a hundred). `lexical` needs them.
    """
    asked_in = {locale for by_locale in snapshot.examples().values() for locale in by_locale}
    cities: dict[str, tuple[str, ...]] = {
        row.city: () for row in snapshot.directory.values() if row.latitude
    }
    locales = tuple(dict.fromkeys((*NAMED_IN, *snapshot.catalogues.locales)))
    lookups = place_lookups(locales, country_name, language_name, cities)
    return training_yaml(_with_lookalikes(snapshot, system, asked_in), lookups)
