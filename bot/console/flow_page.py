"""The guided flows as pictures and lists, for whoever answers for what the service asks."""

from __future__ import annotations

from litestar import Response
from litestar.exceptions import NotFoundException
from markupsafe import Markup

from bot.console.flow_words import WORDS
from bot.console.visit import Visit
from bot.dialogue import flow_summary, flow_words
from bot.dialogue.flow_outcome import RESULTS
from bot.flows import drawing
from bot.flows.drawing import Voice
from bot.flows.model import NO, UNKNOWN, UNSAID, YES, Flow
from bot.i18n import country_name, direction, render
from bot.knowledge import Snapshot, flow_answers
from bot.messages import Text
from bot.storage import Shown

_HANDED = f"{flow_summary.HANDED}/"

_LABELS: dict[str, Text] = {
    YES: flow_words.YES,
    NO: flow_words.NO,
    UNKNOWN: flow_words.UNKNOWN,
    UNSAID: flow_words.UNSAID,
    "xx": flow_words.ELSEWHERE,
    **RESULTS,
}


async def show(visit: Visit) -> Response[bytes]:
    snapshot, locale = visit.snapshot, visit.staff.locale
    flows = [
        (flow.id, snapshot.flow_text(flow.id, "title", locale), _about(visit, flow))
        for flow in snapshot.flows.values()
    ]
    return await visit.page("flows.html", flows=flows, words=WORDS)


async def one(visit: Visit) -> Response[bytes]:
    flow = visit.snapshot.flows.get(str(visit.request.path_params["flow"]))
    if flow is None:
        raise NotFoundException
    voice = voice_of(visit.snapshot, flow, visit.staff.locale)
    return await visit.page(
        "flow.html",
        title=voice.text("title"),
        about=_about(visit, flow),
        picture=Markup(drawing.svg(flow, voice)),
        items=drawing.items(flow, voice),
        words=WORDS,
    )


def _about(visit: Visit, flow: Flow) -> str:
    topic = visit.rows.say(visit.snapshot.topic_label(flow.topic))
    return visit.rows.say(WORDS["about"].having(topic=topic, owner=flow.front.owner))


def handed(visit: Visit, shown: Shown) -> str:
    """What a person let a counsellor know of an outcome, in the counsellor's language."""
    if not shown.block.startswith(_HANDED):
        return ""
    snapshot, locale = visit.snapshot, visit.staff.locale
    flow = snapshot.flows.get(shown.entry)
    outcome = flow.outcome(shown.block.removeprefix(_HANDED)) if flow is not None else None
    if flow is None or outcome is None:
        return ""
    title = snapshot.flow_text(flow.id, "title", locale)
    word = RESULTS.get(outcome.result)
    said = visit.rows.say(word) if word is not None else ""
    code = flow_summary.code_of(outcome)
    told = f"{said} · {code}" if said else code
    return visit.rows.say(WORDS["handed"].having(flow=title, outcome=told))


def voice_of(snapshot: Snapshot, flow: Flow, locale: str) -> Voice:
    """Texts in this locale with their facts; where one may not be shown, with its name."""

    def text(block: str) -> str:
        served = flow_answers.bubble(snapshot, flow, block, locale)
        return served.text if served else snapshot.flow_text(flow.id, block, locale)

    def say(word: str, **values: object) -> str:
        return render(WORDS[word].having(**values), locale, snapshot.catalogues)

    labels = {name: render(word, locale, snapshot.catalogues) for name, word in _LABELS.items()}
    labels |= {code: country_name(code, locale) for code in ("ro", "hu")}
    return Voice(text, say, labels, direction(locale))
