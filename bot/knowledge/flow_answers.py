"""What may be said of a guided flow: in which language, and with which notices."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.i18n import language_name, wording
from bot.i18n.locales import SOURCE
from bot.knowledge import answers, notices
from bot.knowledge.answers import Bubble
from bot.knowledge.flow_model import Flow
from bot.messages import Origin, Text

if TYPE_CHECKING:
    from bot.knowledge.snapshot import Snapshot


def served_locale(snapshot: Snapshot, flow: Flow, locale: str) -> str | None:
    """The locale all of a flow is asked in: one conversation never mixes two.

    None when a live service may not ask it at all.
    """
    is_demo = snapshot.stage == "demo"
    is_whole = locale == SOURCE or _is_whole(snapshot, flow, locale)
    if is_whole and (is_demo or _is_signed(snapshot, flow, locale)):
        return locale
    if is_demo or (flow.risk == "G" and _is_reviewed(snapshot, flow)):
        return SOURCE
    return None


def _is_whole(snapshot: Snapshot, flow: Flow, locale: str) -> bool:
    return all(
        snapshot.catalogues.text(flow.ctx(name), locale, block.text)
        for name, block in flow.blocks.items()
        if not wording.is_independent(flow.ctx(name))
    )


def _is_signed(snapshot: Snapshot, flow: Flow, locale: str) -> bool:
    return _is_reviewed(snapshot, flow) and _is_translation_reviewed(snapshot, flow, locale)


def _is_translation_reviewed(snapshot: Snapshot, flow: Flow, locale: str) -> bool:
    return locale == SOURCE or all(
        snapshot.catalogues.reviewed(flow.ctx(name), locale)
        for name in flow.blocks
        if not wording.is_independent(flow.ctx(name))
    )


def _is_reviewed(snapshot: Snapshot, flow: Flow) -> bool:
    """The English text is signed off, and its review is not overdue."""
    front = flow.front
    if front.reviewed_on is None:
        return False
    last_day = front.reviewed_on + datetime.timedelta(days=front.review_every)
    return snapshot.today() <= last_day


def bubble(snapshot: Snapshot, flow: Flow, block: str, locale: str) -> Bubble | None:
    """One text with its facts; None when one of them may not be shown."""
    template = snapshot.flow_text(flow.id, block, locale)
    filled = snapshot.values.fill(template, locale, snapshot.stage, snapshot.today())
    if filled.withheld:
        return None
    return Bubble(filled.text, Origin(flow.id, block, locale, filled.facts, snapshot.id))


def outcome_notices(
    snapshot: Snapshot, flow: Flow, locale: str, facts: tuple[str, ...], is_short: bool
) -> Iterator[Text]:
    """What stands under an outcome; `is_short`: a text with a fact was left out."""
    if is_short:
        yield notices.FACT_EXPIRED
    today = snapshot.today()
    verified = all(snapshot.values.is_verified(name, today) for name in facts)
    if not (verified and _is_signed(snapshot, flow, locale)):
        yield notices.UNVERIFIED_LINE
    yield from answers.source_notice(snapshot, facts)
    if flow.risk == "L":
        yield notices.NOT_LEGAL_ADVICE


def language_notice(served: str, locale: str) -> Text | None:
    if served == locale:
        return None
    return notices.LANG_MISSING.having(language=language_name(served, locale))
