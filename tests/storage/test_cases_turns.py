from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from bot.storage import (
    DANGER,
    NORMAL,
    URGENT,
    CancelCase,
    Case,
    CaseState,
    IntakeAnswer,
    NoSuchCase,
    OpenCase,
    Reason,
    Role,
    Store,
    case_turns,
)
from tests.handoff.cast import ask, hire, hire_all, told, transcript, turn
from tests.people import says

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def kinds(store: Store, staff: Any) -> list[str]:
    return [event.kind for event in await store.desk.changes(staff, 0)]


async def test_asking_for_a_person_opens_a_case(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store, topic="work", safe="yes", best_hours="evening", wants="woman")
    assert (case.number, case.state, case.fence) == ("RO-0001", CaseState.WAITING, 0)
    assert (case.topic, case.locale, case.last_person_seq) == ("work", "uk", 1)
    assert (case.safe, case.best_hours, case.wants) == ("yes", "evening", "woman")
    assert await store.desk.queue(cast.petra) == [case]
    assert await kinds(store, cast.petra) == ["requested"]
    saved = await turn(store, "hello?")
    assert saved.case is not None and saved.case.last_person_seq == 2


async def test_numbers_count_within_an_office_and_are_never_given_twice(store: Store) -> None:
    await hire_all(store)
    first, foreign = await ask(store, "amina"), await ask(store, "oleh", office="hu")
    await store.erase(store.person_hash("telegram", "1", "amina"))
    second = await ask(store, "amina")
    assert [first.number, foreign.number, second.number] == ["RO-0001", "HU-0001", "RO-0002"]


async def test_asking_again_makes_it_more_urgent_and_never_a_second_case(store: Store) -> None:
    cast = await hire_all(store)
    first = await ask(store, topic="work")
    second = await ask(store, priority=URGENT, topic="asylum")
    third = await ask(store, reason=Reason.DANGER, priority=DANGER, danger="d3")
    assert first.number == second.number == third.number
    assert (second.priority, second.topic) == (URGENT, "asylum")
    assert (third.priority, third.reason, third.danger) == (DANGER, Reason.DANGER, "d3")
    calm = await ask(store, priority=NORMAL)
    assert (calm.priority, calm.reason) == (DANGER, Reason.DANGER)
    assert len(await store.desk.queue(cast.petra)) == 1


async def test_danger_while_a_person_answers_alarms_the_holder_and_keeps_them(
    store: Store,
) -> None:
    cast = await hire_all(store)
    case = await ask(store, topic="work")
    claimed = await store.desk.claim(cast.petra, case.number)
    raised = await ask(
        store, reason=Reason.DANGER, priority=DANGER, danger="d3", topic="x", protection=True
    )
    assert (raised.state, raised.holder, raised.topic) == (CaseState.CLAIMED, cast.petra.id, "work")
    events = await store.desk.changes(cast.petra, 0)
    assert [event.detail for event in events if event.kind == "raised"] == ["d3"]
    await store.desk.reply(cast.petra, case.number, claimed.fence, "I am here", 2, "k")
    await store.desk.release(cast.petra, case.number, claimed.fence)
    with pytest.raises(NoSuchCase):
        await store.desk.claim(cast.petra, case.number)
    assert (await store.desk.claim(cast.ioana, case.number)).holder == cast.ioana.id


async def test_intake_answers_are_kept_with_the_case(store: Store) -> None:
    await hire_all(store)
    await ask(store)
    for field, value in (("safe", "no"), ("best_hours", "x" * 99), ("wants", "woman")):
        saved = await turn(store, value, change=IntakeAnswer(field, value))
    await turn(store, "x", change=IntakeAnswer("holder", "somebody"))
    assert saved.case is not None
    assert (saved.case.safe, saved.case.wants) == ("no", "woman")
    assert saved.case.best_hours == "x" * 40


async def test_a_request_taken_back_is_closed(store: Store) -> None:
    cast = await hire_all(store)
    await ask(store)
    saved = await turn(store, "never mind", change=CancelCase())
    assert saved.case is not None
    assert (saved.case.state, saved.case.outcome) == (CaseState.CLOSED, "cancelled")
    assert await store.desk.queue(cast.petra) == []
    assert await kinds(store, cast.petra) == ["requested", "person_wrote", "cancelled"]


async def test_once_somebody_holds_it_taking_it_back_is_for_them_to_hear(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    await store.desk.claim(cast.petra, case.number)
    saved = await turn(store, "never mind", change=CancelCase())
    assert saved.case is not None and saved.case.state is CaseState.CLAIMED
    assert (await kinds(store, cast.petra))[-1] == "cancel_asked"


async def test_a_case_closed_a_short_time_ago_is_opened_again(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        claimed = await store.desk.claim(cast.petra, case.number)
        await store.desk.close(cast.petra, case.number, claimed.fence, "answered")
        clock.move_to(START + timedelta(hours=71))
        seen = await turn(store, "thank you")
        assert seen.case is not None and not seen.case.is_open
        again = await ask(store)
        assert (again.number, again.state, again.fence) == (case.number, CaseState.WAITING, 2)
        assert (again.outcome, again.closed_at, again.expires_at) == ("", None, None)
        assert again.waiting_since == START + timedelta(hours=71)
        assert again.requested_at == START


async def test_after_three_days_it_is_a_new_case(store: Store) -> None:
    cast = await hire_all(store)
    with time_machine.travel(START, tick=False) as clock:
        case = await ask(store)
        claimed = await store.desk.claim(cast.petra, case.number)
        await store.desk.close(cast.petra, case.number, claimed.fence, "answered")
        clock.move_to(START + timedelta(hours=73))
        again = await ask(store)
        assert again.number == "RO-0002"
        taken = await store.desk.claim(cast.petra, again.number)
        earlier = await store.desk.history(cast.petra, taken.number)
        assert [old.number for old in earlier] == [case.number]


async def complaint(store: Store) -> Case:
    return await ask(store, reason=Reason.COMPLAINT, words="the counsellor was rude")


async def test_a_complaint_leaves_the_hands_of_whoever_it_is_about(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    complained = await complaint(store)
    assert (complained.state, complained.reason) == (CaseState.WAITING, Reason.COMPLAINT)
    for deed in (
        store.desk.claim(cast.petra, case.number),
        store.desk.open_case(cast.petra, case.number),
        store.desk.reply(cast.petra, case.number, claimed.fence, "what?", 9, "k"),
        store.desk.case(cast.petra, case.number),
        store.desk.claim(cast.jonas, case.number),
    ):
        with pytest.raises(NoSuchCase):
            await deed
    assert (await kinds(store, cast.petra))[-1] == "left"
    assert (await store.desk.claim(cast.mara, case.number)).holder == cast.mara.id


async def test_danger_in_a_complaint_is_for_everybody_but_the_one_it_is_about(
    store: Store,
) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    await store.desk.claim(cast.petra, case.number)
    await complaint(store)
    await ask(store, reason=Reason.DANGER, priority=DANGER)
    assert await store.desk.queue(cast.petra) == []
    assert [c.number for c in await store.desk.queue(cast.jonas)] == [case.number]


async def test_a_complaint_about_a_protection_case_takes_it_from_its_holder_too(
    store: Store,
) -> None:
    cast = await hire_all(store)
    case = await ask(store, reason=Reason.DANGER, priority=DANGER, protection=True)
    await store.desk.claim(cast.ioana, case.number)
    complained = await complaint(store)
    assert (complained.state, complained.reason) == (CaseState.WAITING, Reason.DANGER)
    with pytest.raises(NoSuchCase):
        await store.desk.case(cast.ioana, case.number)
    assert (await kinds(store, cast.ioana))[-1] == "left"
    # Whoever else is there for protection; a manager only gets the alert.
    assert await store.desk.queue(cast.mara) == []
    other = await hire(store, "irina", Role.PROTECTION)
    assert [c.number for c in await store.desk.queue(other)] == [case.number]


async def test_forgetting_after_the_end_takes_the_link_and_the_content(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store, topic="work")
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.close(cast.petra, case.number, claimed.fence, "answered")
    await store.erase(store.person_hash("telegram", "1", "amina"))
    left = await store.desk.case(cast.petra, case.number)
    assert (left.conversation_id, left.topic, left.outcome) == ("", "", "answered")
    assert (await kinds(store, cast.petra))[-1] == "erased"


async def test_a_complaint_after_the_end_passes_over_the_last_holder(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store)
    claimed = await store.desk.claim(cast.petra, case.number)
    await store.desk.close(cast.petra, case.number, claimed.fence, "answered")
    await complaint(store)
    with pytest.raises(NoSuchCase):
        await store.desk.open_case(cast.petra, case.number)
    assert [c.number for c in await store.desk.queue(cast.mara)] == [case.number]


async def test_a_case_needs_kept_text(store: Store) -> None:
    await hire_all(store)
    with pytest.raises(ValueError):
        wish = OpenCase(Reason.ASKED, NORMAL, "ro")
        await turn(store, "a person please", change=wish, changes={"consent": "no"})
    assert await transcript(store) == []


@pytest.mark.fault("K4")
async def test_a_kill_inside_the_turn_leaves_nothing_and_the_rerun_one_case(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await hire_all(store)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(case_turns, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            await ask(store)
    assert await store.desk.queue(cast.petra) == []
    assert await transcript(store) == []
    pending = await store.next_pending(store.person_hash("telegram", "1", "amina"))
    assert pending is not None
    before = await store.load(pending)
    assert before.case is None
    case = await ask(store, event_id="later")
    assert [c.number for c in await store.desk.queue(cast.petra)] == [case.number] == ["RO-0001"]


async def test_an_edit_points_to_the_line_it_corrects(store: Store) -> None:
    cast = await hire_all(store)
    case = await ask(store, words="frist")
    await store.desk.claim(cast.petra, case.number, told("joined"))
    original = (await transcript(store))[0]
    assert original.edits == 0
    sent = says("x").message_id
    await turn(store, "first", message_id=sent)
    await turn(store, "first, mended", kind="edit", edits=sent, message_id="")
    lines = (await store.desk.open_case(cast.petra, case.number)).lines
    assert [(line.seq, line.kind, line.edits) for line in lines][-2:] == [
        (3, "text", 0),
        (4, "edit", 3),
    ]
