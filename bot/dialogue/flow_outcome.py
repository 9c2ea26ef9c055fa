"""The end of a flow: the danger card if there is one, the outcome and why, and what next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.dialogue import actions, flow_state, office_rows, words
from bot.dialogue import flow_words as told
from bot.dialogue import handoff_words as waiting_words
from bot.dialogue.cards import ShowCards, show_card
from bot.dialogue.danger import Sure
from bot.dialogue.danger_cases import take_back_choice
from bot.dialogue.handoff import KEEP_CASE_DAYS
from bot.dialogue.scene import Scene
from bot.flows import engine, find_office
from bot.flows.engine import Run
from bot.flows.model import Outcome
from bot.knowledge import flow_answers
from bot.knowledge.answers import Bubble
from bot.messages import Choice, Lane, Origin, Reply, Text
from bot.storage import DANGER, OpenCase, Reason

RESULTS: dict[str, Text] = {
    "likely": told.LIKELY,
    "maybe": told.MAYBE,
    "probably-not": told.PROBABLY_NOT,
}

# Flows whose outcome is looked up, and said by these.
TELLERS: Mapping[str, Callable[[Scene, Run, Outcome], None]] = {
    find_office.FLOW: office_rows.tell_run
}


def tell(scene: Scene, run: Run, outcome: Outcome) -> None:
    """Everything is said, and the answers are gone."""
    flow_state.use_country(scene, run)
    flow_state.drop(scene)
    scene.talk_about(run.flow.topic)
    _show_card(scene, outcome)
    if outcome.case == "open":
        _open_case(scene, run, outcome)
    said, is_short = _bubbles(scene, run, outcome)
    for bubble in said:
        scene.add(Reply(bubble.text, origin=bubble.origin))
    if (more := TELLERS.get(run.flow.id)) is not None:
        more(scene, run, outcome)
    _close(scene, run, outcome, said, is_short)


def _bubbles(scene: Scene, run: Run, outcome: Outcome) -> tuple[list[Bubble], bool]:
    """The bubbles, and whether one was left out because of a fact."""
    flow, locale = run.flow, flow_state.served(scene, run.flow)

    def text(block: str) -> Bubble | None:
        return flow_answers.bubble(scene.snapshot, flow, block, locale)

    reasons = [f"because/{q.id}/{option.id}" for q, option in engine.reasons(run, outcome)]
    reasons += [f"reason/{outcome.id}"] if outcome.reason else []
    added = [f"add/{outcome.id}/{n}" for n, _ in engine.added(run, outcome)]
    says = [f"say/{outcome.id}/{n}" for n in range(1, len(outcome.say) + 1)]
    why = [bubble for block in reasons if (bubble := text(block))]
    more = [bubble for block in added if (bubble := text(block))]
    main = [bubble for block in says if (bubble := text(block))]
    found = [_first(scene, run, outcome, why), *main, _joined(scene, run, outcome, more)]
    shown = len(why) + len(more) + len(main)
    return [b for b in found if b is not None], shown < len(reasons) + len(added) + len(says)


def _first(scene: Scene, run: Run, outcome: Outcome, why: list[Bubble]) -> Bubble | None:
    """The result, and the reasons as lines."""
    lines = []
    if (result := RESULTS.get(outcome.result)) is not None:
        lines.append(scene.render(result))
    if why:
        lines.append(scene.render(told.BECAUSE))
        lines += [f"– {bubble.text}" for bubble in why]
    if not lines:
        return None
    return Bubble("\n".join(lines), _origin(scene, run, f"because/{outcome.id}", why))


def _joined(scene: Scene, run: Run, outcome: Outcome, more: list[Bubble]) -> Bubble | None:
    if not more:
        return None
    text = "\n\n".join(bubble.text for bubble in more)
    return Bubble(text, _origin(scene, run, f"add/{outcome.id}", more))


def _origin(scene: Scene, run: Run, block: str, parts: list[Bubble]) -> Origin:
    facts = tuple(dict.fromkeys(name for part in parts for name in part.origin.facts))
    locale = flow_state.served(scene, run.flow)
    return Origin(run.flow.id, block, locale, facts, scene.snapshot.id)


def _close(scene: Scene, run: Run, outcome: Outcome, said: list[Bubble], is_short: bool) -> None:
    locale = flow_state.served(scene, run.flow)
    facts = tuple(dict.fromkeys(name for bubble in said for name in bubble.origin.facts))
    notices = flow_answers.outcome_notices(scene.snapshot, run.flow, locale, facts, is_short)
    lines = [scene.render(notice) for notice in notices]
    lines.append(scene.render(told.SAVED_NOTHING))
    origin = Origin(run.flow.id, f"closing/{outcome.id}", scene.locale, (), scene.snapshot.id)
    scene.add(Reply("\n".join(lines), tuple(_choices(scene, run, outcome)), origin=origin))


# Buttons


def _choices(scene: Scene, run: Run, outcome: Outcome) -> list[Choice]:
    choices = [
        choice
        for kind, target in outcome.buttons
        if (choice := _choice(scene, kind, target)) is not None
    ]
    if scene.held is None:
        choices.append(human_choice(scene, run, outcome))
    return [*choices, scene.choice(words.MENU, actions.MENU, "0")]


def _choice(scene: Scene, kind: str, target: str) -> Choice | None:
    """None: there is nothing behind it, or every outcome has that button anyway."""
    snapshot = scene.snapshot
    if kind == "entry" and target in snapshot.entries:
        is_foreign = snapshot.entries[target].country not in (scene.country, "common")
        return None if scene.country and is_foreign else scene.entry_choice(target)
    if kind == "flow" and target in snapshot.flows:
        return scene.flow_choice(target)
    if kind == "card" and target in snapshot.cards:
        title = snapshot.card_title(target, scene.locale)
        return Choice(title, actions.pack(actions.CARD, target))
    return None


def human_choice(scene: Scene, run: Run, outcome: Outcome) -> Choice:
    """With a summary where one may be offered; that is asked for first."""
    if outcome.case != "offer" or scene.office_for is None:
        return scene.human_choice()
    act = "n" if run.flow.private else "?"
    return scene.choice(words.MENU_HUMAN, actions.SUMMARY, f"{act}:{run.flow.id}:{outcome.id}")


# Cases


def _show_card(scene: Scene, outcome: Outcome) -> None:
    card = outcome.shown_card
    if card is None or card not in scene.snapshot.cards:
        return
    if outcome.case == "none":
        show_card(scene, card)
        return
    ShowCards((card,), sure=_sureness(outcome, card)).take(scene)
    if isinstance(scene.case_change, OpenCase) and scene.held is None:
        is_protected = scene.case_change.protection or outcome.protection
        scene.change_case(replace(scene.case_change, protection=is_protected))


def _sureness(outcome: Outcome, card: str) -> dict[str, Sure]:
    """What the questions have made certain; where no case is opened, the card asks first."""
    if outcome.case != "open":
        return {}
    return {card: Sure.NOW if outcome.priority == DANGER else Sure.CERTAIN}


def _open_case(scene: Scene, run: Run, outcome: Outcome) -> None:
    """A case without a card: somebody should look, and the person is told so."""
    if scene.case_change is not None or scene.office_for is None or scene.held is not None:
        return
    if outcome.shown_card in scene.snapshot.cards:
        return  # the card has said whether somebody is told
    is_danger = outcome.priority == DANGER
    lane = Lane.SAFETY if is_danger else Lane.BOT
    if scene.person.keeps_nothing:
        scene.say(waiting_words.DANGER_NOBODY_TOLD, scene.human_choice(), lane=lane)
        return
    office = scene.case.office if scene.case else scene.any_office()
    if not office:
        return
    change = OpenCase(
        Reason.ASKED, outcome.priority, office, run.flow.topic, "", outcome.protection
    )
    scene.change_case(change)
    if scene.waiting is not None:
        return
    take_back = take_back_choice(scene)
    if is_danger:
        scene.say(waiting_words.DANGER_CASE_OPENED, take_back, lane=lane)
    else:
        sent = waiting_words.HANDOFF_SENT.having(days=KEEP_CASE_DAYS)
        scene.say_waiting(sent, change, take_back)
