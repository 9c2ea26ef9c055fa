"""Lines and buttons of guided flows, for transcripts: English by where they came from."""

from __future__ import annotations

import re

from bot.dialogue import flow_ask, flow_words, words
from bot.dialogue.flow_outcome import RESULTS
from bot.dialogue.flow_summary import HANDED
from bot.dialogue.scene import ELSEWHERE
from bot.flows.model import NO, UNKNOWN, UNSAID, YES, Flow
from bot.i18n import country_name, wording
from bot.knowledge import Snapshot
from bot.messages import Text
from bot.storage import Shown

_SERVICE = {
    YES: flow_words.YES,
    NO: flow_words.NO,
    UNKNOWN: flow_words.UNKNOWN,
    UNSAID: flow_words.UNSAID,
    ELSEWHERE: flow_words.ELSEWHERE,
}
_MOVES = {
    flow_ask.BACK: flow_words.BACK,
    flow_ask.STOP: flow_words.STOP,
    flow_ask.ON: flow_words.GO_ON,
}
_SUMMARY = {
    "?": words.MENU_HUMAN,
    "y": flow_words.SUMMARY_YES,
    "n": flow_words.SUMMARY_WITHOUT,
    "-": flow_words.SUMMARY_NO,
}


def source(snapshot: Snapshot, line: Shown) -> Text:
    """The English text that a bubble of a flow is known by."""
    flow = snapshot.flows[line.entry]
    head, _, rest = line.block.partition("/")
    outcome = flow.outcome(rest)
    if head == "because" and outcome is not None:
        return RESULTS.get(outcome.result, flow_words.BECAUSE)
    if head == "closing":
        return flow_words.SAVED_NOTHING
    if head == HANDED:
        return flow_words.SUMMARY_LINE
    if head == "add" and outcome is not None:
        names = [f"add/{outcome.id}/{n}" for n, _ in enumerate(outcome.add, 1)]
        shown = (n for n in names if _stands_in(snapshot.flow_text(flow.id, n, line.locale), line))
        return _block(flow, next(shown))
    return _block(flow, line.block)


def _stands_in(template: str, line: Shown) -> bool:
    """Whether a text, its facts filled in, is part of what was said."""
    parts = re.split(wording.PLACEHOLDER.pattern, template)[::2]
    return re.search(".+?".join(map(re.escape, parts)), line.text, re.DOTALL) is not None


def _block(flow: Flow, name: str) -> Text:
    return Text(flow.ctx(name), flow.blocks[name].text)


def names(snapshot: Snapshot, action: str) -> list[str]:
    """The English label of a flow's button; nothing for a button of another kind."""
    kind, _, value = action.partition(":")
    first, _, rest = value.partition(":")
    if kind == "S":
        is_private = snapshot.flows[rest.partition(":")[0]].private  # it has nothing to ask about
        return [(words.MENU_HUMAN if is_private else _SUMMARY[first]).english]
    if kind not in ("f", "a"):
        return []
    flow = snapshot.flows[first]
    if kind == "f":
        return [flow_words.START_AGAIN.english if rest else flow.front.label]
    return [_MOVES[rest].english] if rest in _MOVES else [_answer(flow, rest)]


def _answer(flow: Flow, value: str) -> str:
    question_id, _, option_id = value.partition(":")
    question = flow.question(question_id)
    option = question.option(option_id) if question is not None else None
    if option is None:
        return option_id  # a number
    if option.label:
        return option.label
    is_ours = question is not None and question.kind == "country" and option.id not in _SERVICE
    return country_name(option.id, "en") if is_ours else _SERVICE[option.id].english
