"""Guided flows in a conversation: opening one, answering, going back, going on, ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.dialogue import actions, flow_ask, flow_outcome, flow_state, words
from bot.dialogue import flow_words as told
from bot.dialogue.cards import recent_cards
from bot.dialogue.scene import Scene
from bot.dialogue.session import FlowState
from bot.flows import cities, engine
from bot.flows.engine import Run
from bot.flows.hearing import Heard, Vocabulary, hear
from bot.flows.model import COUNTRY, NO, YES, Flow, Option, Question
from bot.knowledge import Snapshot, flow_answers
from bot.messages import Text
from bot.storage import OpenCase

# Kind of question -> what free words mean as an answer, or None when they mean nothing.
Resolver = Callable[[Snapshot, str, str], str | None]  # snapshot, words, locale
RESOLVERS: Mapping[str, Resolver] = {"city": cities.resolve}

GO_ON = "on"  # heard as "yes" to "Go on?"


@dataclass(frozen=True, slots=True)
class OpenFlow:
    """Ask the first question; of a flow that is open, whether to go on."""

    flow_id: str
    is_anew: bool = False

    def take(self, scene: Scene) -> None:
        flow = scene.snapshot.flows[self.flow_id]
        if flow_answers.served_locale(scene.snapshot, flow, scene.locale) is None:
            menu = scene.choice(words.MENU, actions.MENU, "0")
            scene.say(told.NOT_SERVED, scene.human_choice(), menu)
            return
        state = flow_state.state_of(scene)
        if state is not None and state.id == flow.id and state.answers and not self.is_anew:
            offer(scene)
            return
        run = flow_state.begin(scene, flow)
        flow_ask.intro(scene, run)
        _go_on(scene, run)


@dataclass(frozen=True, slots=True)
class PressStep:
    """A button below a question, of the open flow or of one that is long over."""

    value: str  # "job-offer-check:threat:yes", "job-offer-check:<"

    def take(self, scene: Scene) -> None:
        flow_id, _, rest = self.value.partition(":")
        state = flow_state.state_of(scene)
        if state is None or state.id != flow_id:
            _no_longer(scene, flow_id, state)
            return
        run = _run(scene, state)
        if run is None:
            return
        question_id, _, option = rest.partition(":")
        question = run.flow.question(question_id)
        if rest == flow_ask.STOP:
            stop(scene)
        elif rest == flow_ask.BACK:
            go_back(scene)
        elif rest == flow_ask.ON:
            _go_on(scene, run)
        elif question is not None and _is_button(question, option):
            scene.said = flow_ask.said(scene, run.flow, question, option)
            _take(scene, run, question, option)
        else:
            _end(scene, told.QUESTIONS_CHANGED, flow_id)


def _is_button(question: Question, option: str) -> bool:
    return question.option(option) is not None or (
        question.kind == "number" and engine.accepts(question, option)
    )


@dataclass(frozen=True, slots=True)
class HearAnswer:
    """Own words that are an answer."""

    heard: Heard

    def take(self, scene: Scene) -> None:
        state = flow_state.state_of(scene)
        run = _run(scene, state) if state is not None else None
        if state is None or run is None:
            return
        question = run.flow.question(state.question)
        if self.heard.kind == "stop":
            stop(scene)
        elif self.heard.kind == "back":
            go_back(scene)
        elif self.heard.value == GO_ON or question is None:
            _go_on(scene, run)
        else:
            _take(scene, run, question, self.heard.value)


@dataclass(frozen=True, slots=True)
class NotAnAnswer:
    """Neither an answer nor a question that we know: ask again, and then offer a person."""

    def take(self, scene: Scene) -> None:
        state = flow_state.state_of(scene)
        run = _run(scene, state) if state is not None else None
        if state is None or run is None:
            return
        if is_paused(state):
            offer(scene)
            return
        is_second = state.unheard > 0
        text = told.CHOOSE_OR_HUMAN if is_second else told.CHOOSE
        scene.say(text, *((scene.human_choice(),) if is_second else ()))
        ask_again(scene)
        now = flow_state.state_of(scene)
        if now is not None:
            flow_state.change(scene, now, unheard=state.unheard + 1)


# Moving


def _take(scene: Scene, run: Run, question: Question, value: str) -> None:
    """Keep an answer, new or changed, and go on."""
    if not engine.accepts(question, value):
        ask_again(scene)
        return
    was = run.given.get(question.id)
    if was is not None and was != value:
        scene.say(told.ANSWER_CHANGED)
    _go_on(scene, engine.answer(run, question.id, value))


def _go_on(scene: Scene, run: Run) -> None:
    """The next question, or the outcome."""
    question = engine.ask(run)
    if question is not None:
        flow_state.keep(scene, run, question.id)
        flow_ask.question(scene, run, question)
        return
    outcome = engine.outcome(run)
    if outcome is not None:
        flow_outcome.tell(scene, run, outcome)
    else:
        flow_state.drop(scene)
        scene.say(
            told.NO_OUTCOME, scene.human_choice(), scene.choice(words.MENU, actions.MENU, "0")
        )


def _run(scene: Scene, state: FlowState) -> Run | None:
    """The run; when its file fits no more the flow ends, and that is said."""
    run = flow_state.run_of(scene, state)
    if run is None:
        _end(scene, told.QUESTIONS_CHANGED, state.id)
    return run


def _end(scene: Scene, text: Text, flow_id: str) -> None:
    flow_state.drop(scene)
    flow_ask.gone(scene, text, flow_id)


def _no_longer(scene: Scene, flow_id: str, state: FlowState | None) -> None:
    if state is not None:  # another flow is open
        scene.say(words.OLD_BUTTON)
        offer(scene)
    elif flow_id in scene.snapshot.flows:
        _end(scene, told.TIMEOUT, flow_id)
    else:
        scene.say(words.OLD_BUTTON, *scene.menu_choices())


def go_back(scene: Scene) -> bool:
    """False: no flow is open."""
    state = flow_state.state_of(scene)
    run = _run(scene, state) if state is not None else None
    if run is not None:
        _go_on(scene, engine.back(run))
    return state is not None


def stop(scene: Scene) -> bool:
    """False: no flow is open."""
    if flow_state.state_of(scene) is None:
        return False
    flow_state.drop(scene)
    scene.say(told.STOPPED, *scene.menu_choices())
    return True


# Interruptions


def is_paused(state: FlowState) -> bool:
    return state.is_interrupted or datetime.now(UTC) - state.at > flow_state.PAUSE


def ask_again(scene: Scene) -> bool:
    """The open question once more, in the language of now. False: no flow is open."""
    state = flow_state.state_of(scene)
    run = _run(scene, state) if state is not None else None
    if run is not None:
        _go_on(scene, run)
    return state is not None


def offer(scene: Scene) -> None:
    """ "Go on?" """
    state = flow_state.state_of(scene)
    run = _run(scene, state) if state is not None else None
    if state is not None and run is not None:
        flow_state.change(scene, state, is_interrupted=True, unheard=0)
        flow_ask.resume(scene, run)


def move_country(scene: Scene, country: str) -> bool:
    """The person is in another country now: what hung on it is asked anew. False: no flow."""
    state = flow_state.state_of(scene)
    run = _run(scene, state) if state is not None else None
    if run is not None and run.known.get(COUNTRY) != country:
        _go_on(scene, flow_state.moved(run, country))
    elif run is not None:
        _go_on(scene, run)
    return state is not None


def after(scene: Scene, is_card: bool, is_text: bool) -> None:
    """Something else was said while a flow is open: the way back into it."""
    state = flow_state.state_of(scene)
    if state is None or scene.flow_spoke:
        return
    if is_card or isinstance(scene.case_change, OpenCase):  # a counsellor asks something, too
        _add_way_back(scene, state)
    elif scene.held is None and not (scene.session.waiting_intent or scene.session.wants_human):
        if is_text and not is_paused(state):
            ask_again(scene)
        else:
            offer(scene)
        scene.may_ask_consent = False  # one question at a time
        return
    flow_state.change(scene, state, is_interrupted=True, unheard=0)


def _add_way_back(scene: Scene, state: FlowState) -> None:
    """Nothing stands between a person and the numbers: a button below them, no bubble."""
    flow = scene.snapshot.flows.get(state.id)
    if flow is not None and scene.replies and scene.held is None:
        last = scene.replies[-1]
        on = flow_ask.resume_choices(scene, flow)[0]
        scene.replies[-1] = replace(last, choices=(*last.choices, on))


# Own words


def heard_in(scene: Scene, text: str) -> Heard | None:
    """A text as an answer to the open question, or to "Go on?"."""
    state = flow_state.state_of(scene)
    if state is not None and is_paused(state) and recent_cards(scene):
        return None  # after a danger card only the button goes on
    run = flow_state.run_of(scene, state) if state is not None else None
    question = run.flow.question(state.question) if state is not None and run is not None else None
    if state is None or run is None or question is None:
        return None
    vocabulary = vocabulary_of(scene, run.flow, question)
    if is_paused(state):
        return _heard_on(text, vocabulary, scene.locale)
    heard = hear(text, question, vocabulary, scene.locale)
    resolve = RESOLVERS.get(question.kind)
    if heard is None or heard.kind != "answer" or heard.is_sure or resolve is None:
        return heard
    value = resolve(scene.snapshot, heard.value, scene.locale)
    return Heard("answer", value) if value else None


_GO_ON = Question(
    id="go-on", kind="yes-no", ask="", unknown=False, options=(Option(id=YES), Option(id=NO))
)


def _heard_on(text: str, vocabulary: Vocabulary, locale: str) -> Heard | None:
    """ "Yes" goes on, "no" stops; anything else is no answer to "Go on?"."""
    spoken = Vocabulary({}, vocabulary.spoken, today=vocabulary.today)
    heard = hear(text, _GO_ON, spoken, locale)
    if heard is None or heard.kind != "answer":
        return heard
    return Heard("answer", GO_ON) if heard.value == YES else Heard("stop")


def vocabulary_of(scene: Scene, flow: Flow, question: Question) -> Vocabulary:
    """What may be said, in the conversation's language and in English."""
    options = {
        option.id: (
            flow_ask.label(scene, flow, question, option),
            *_words(scene, flow, question.id, option.id),
        )
        for option in question.options
    }
    asked = scene.snapshot.flow_text(flow.id, f"ask/{question.id}", flow_state.served(scene, flow))
    return Vocabulary(options, scene.snapshot.spoken, (asked,))


def _words(scene: Scene, flow: Flow, question: str, option: str) -> tuple[str, ...]:
    snapshot = scene.snapshot
    mine = snapshot.option_words(flow.id, question, option, scene.locale)
    return mine + snapshot.option_words(flow.id, question, option, "en")
