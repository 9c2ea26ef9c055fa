"""What a counsellor does with a case, each as one form: answered with the page that follows."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, timedelta

from litestar import Response
from litestar.exceptions import HTTPException

from bot.console import case_page
from bot.console.case_page import Drawn
from bot.console.moments import read_day
from bot.console.phrase_panel import NotSendable, Panel, Sendable
from bot.console.rows import OUTCOMES
from bot.console.visit import Visit, html, see_other
from bot.messages import MAX_TEXT
from bot.storage import (
    ConsentNeeded,
    NoSuchColleague,
    SomethingNewer,
    TooLate,
    WaitsFor,
)

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_COUNT = re.compile(r"[0-9]{1,9}")
_ALL_SEEN = 2**31 - 1


# Writing


async def reply(visit: Visit) -> Response[bytes]:
    text = visit.form.get("text", "").strip()
    if problem := _fault(text):
        return await _again(visit, 422, problem)
    try:
        await visit.desk.reply(
            visit.staff,
            visit.number,
            _count(visit, "fence"),
            text,
            _count(visit, "seen_up_to"),
            _key(visit, "reply", text),
            wait=_waits(visit),
        )
    except SomethingNewer:
        return await _again(visit, 409, "err_newer", seen=_count(visit, "seen_up_to"))
    await _remember_habit(visit)
    return see_other(_page(visit, "reply"))


async def find(visit: Visit) -> Response[bytes]:
    """Phrases and answers for this case; changes nothing, and keeps what was typed."""
    case = await visit.desk.case(visit.staff, visit.number)
    panel = Panel(visit.rows, case, visit.form)
    ref = visit.form.get("open", "")
    if ref:
        hit = panel.hit(ref)
        return await _again(visit, 200, found=[hit] if hit else [])
    query, group = visit.form.get("find", ""), visit.form.get("group", "")
    return await _again(visit, 200, found=panel.find(query, group))


async def send(visit: Visit) -> Response[bytes]:
    """A phrase or an answer, in the person's language."""
    case = await visit.desk.case(visit.staff, visit.number)
    panel = Panel(visit.rows, case, visit.form)
    ref = visit.form.get("send", "")
    try:
        await _send_all(visit, ref, panel.sendable(ref))
    except NotSendable as error:
        hit = panel.hit(ref)
        return await _again(visit, 422, error.word, found=[hit] if hit else [])
    except SomethingNewer:
        hit = panel.hit(ref)
        seen = _count(visit, "seen_up_to")
        return await _again(visit, 409, "err_newer", seen=seen, found=[hit] if hit else [])
    await _remember_habit(visit)
    if visit.form.get("text", "").strip():
        return await _again(visit, 200)
    return see_other(_page(visit, "reply"))


def _is_urgent(ref: str) -> bool:
    """Questions about safety, and the emergency number, wait for nobody's second thought."""
    return ref.startswith("p:safe-") or ref == "p:who-5"


async def _send_all(visit: Visit, ref: str, what: Sendable) -> None:
    fence = _count(visit, "fence")
    for number, message in enumerate(what.messages):
        # An answer of several bubbles goes out whole, even if the person writes meanwhile.
        seen = _ALL_SEEN if number else _count(visit, "seen_up_to")
        key = _key(visit, f"{ref}/{number}", message.text)
        await visit.desk.reply(
            visit.staff,
            visit.number,
            fence,
            message.text,
            seen,
            key,
            message.choices,
            message.origin,
            wait=_waits(visit) and not _is_urgent(ref),
        )
    if what.due_on is not None:
        due_at = visit.calendar.end_of(what.due_on) - timedelta(minutes=1)
        case = await visit.desk.case(visit.staff, visit.number)
        await visit.desk.set_wait(
            visit.staff, visit.number, fence, WaitsFor.DATE, due_at, case.cover
        )


async def note(visit: Visit) -> Response[bytes]:
    text = visit.form.get("note", "").strip()
    if problem := _fault(text):
        return await _again(visit, 422, problem)
    key = _key(visit, "note", text)
    await visit.desk.note(visit.staff, visit.number, _count(visit, "fence"), text, key)
    return see_other(_page(visit, "notes"))


async def undo(visit: Visit) -> Response[bytes]:
    """Take a reply back that nobody has yet; its words stand in the box again."""
    try:
        said = await visit.desk.take_back(
            visit.staff, visit.number, _count(visit, "fence"), _count(visit, "seq")
        )
    except TooLate:
        return await _again(visit, 409, "err_too_late")
    draft = "\n\n".join(filter(None, (said, visit.form.get("text", "").strip())))
    return await case_page.draw(visit, Drawn(draft=draft[:MAX_TEXT]))


async def send_now(visit: Visit) -> Response[bytes]:
    fence, seq = _count(visit, "fence"), _count(visit, "seq")
    await visit.desk.send_now(visit.staff, visit.number, fence, seq)
    return see_other(_page(visit, f"line-{seq}"))


async def typing(visit: Visit) -> Response[bytes]:
    """The page's script says that its reader is writing; the person sees that, for a moment."""
    await visit.desk.presence.writes(visit.staff, visit.number)
    return html(b"")


def _waits(visit: Visit) -> bool:
    """Whether the form asks for a moment to take it back."""
    return visit.form.get("wait_to_send") == "yes"


async def _remember_habit(visit: Visit) -> None:
    habits = visit.parts.store.desk
    if _waits(visit) != await habits.waits_to_send(visit.staff):
        await habits.set_waits_to_send(visit.staff, _waits(visit))


async def resend(visit: Visit) -> Response[bytes]:
    fence, seq = _count(visit, "fence"), _count(visit, "seq")
    await visit.desk.resend(visit.staff, visit.number, fence, seq)
    return see_other(_page(visit, f"line-{seq}"))


# Moving


async def wait(visit: Visit) -> Response[bytes]:
    waits_for = visit.form.get("waits_for", "")
    day = read_day(visit.form.get("due", ""))
    if waits_for not in tuple(WaitsFor) or (waits_for == WaitsFor.DATE and day is None):
        return await _again(visit, 422, "err_day")
    try:
        await visit.desk.set_wait(
            visit.staff,
            visit.number,
            _count(visit, "fence"),
            WaitsFor(waits_for),
            _end_of(visit, day),
            visit.form.get("cover", ""),
        )
    except NoSuchColleague:
        return await _again(visit, 422, "err_colleague")
    return see_other(_page(visit, "moves"))


def _end_of(visit: Visit, day: date | None) -> datetime | None:
    """The end of that day, by the office's clock."""
    return visit.calendar.end_of(day) - timedelta(minutes=1) if day else None


async def transfer(visit: Visit) -> Response[bytes]:
    kind, _, target = visit.form.get("to", "").partition(":")
    names = {"counsellor": "to_counsellor", "topic": "to_topic", "office": "to_office"}
    if kind not in names or not target:
        return await _again(visit, 422, "err_choose")
    if kind == "topic" and target not in visit.snapshot.topics:
        return await _again(visit, 422, "err_choose")
    try:
        await visit.desk.transfer(
            visit.staff,
            visit.number,
            _count(visit, "fence"),
            consented=visit.form.get("consented") == "yes",
            with_notes=visit.form.get("with_notes") == "yes",
            office_name=await _office_name(visit, target) if kind == "office" else "",
            **{names[kind]: target},
        )
    except ConsentNeeded:
        return await _again(visit, 422, "err_consent")
    except (NoSuchColleague, ValueError):
        return await _again(visit, 422, "err_colleague")
    return see_other("/desk/mine")


async def _office_name(visit: Visit, code: str) -> str:
    office = await visit.parts.store.staff.office(code)
    return office.name if office else ""


async def release(visit: Visit) -> Response[bytes]:
    """Back to the queue; a manager does it for an absent holder and has read nothing."""
    seen = _count(visit, "seen_up_to") if "seen_up_to" in visit.form else None
    try:
        await visit.desk.release(visit.staff, visit.number, _count(visit, "fence"), seen)
    except SomethingNewer:
        return await _again(visit, 409, "err_newer", seen=seen)
    return see_other("/desk")


async def take_over(visit: Visit) -> Response[bytes]:
    await visit.desk.take_over(visit.staff, visit.number, _count(visit, "fence"))
    return see_other(_page(visit, "reply"))


async def close(visit: Visit) -> Response[bytes]:
    outcome = visit.form.get("outcome", "")
    if outcome not in OUTCOMES:
        return await _again(visit, 422, "err_choose")
    seen = _count(visit, "seen_up_to")
    try:
        await visit.desk.close(visit.staff, visit.number, _count(visit, "fence"), outcome, seen)
    except SomethingNewer:
        return await _again(visit, 409, "err_newer", seen=seen)
    return see_other("/desk/mine")


# Reading forms


async def _again(visit: Visit, status: int, problem: str = "", **more: object) -> Response[bytes]:
    """The case's page once more, with everything that was typed."""
    form = visit.form
    return await case_page.draw(
        visit,
        Drawn(
            status=status,
            problem=problem,
            draft=form.get("text", ""),
            note_draft=form.get("note", ""),
            find=form.get("find", ""),
            group=form.get("group", ""),
            form=form,
            **more,  # type: ignore[arg-type]
        ),
    )


def _page(visit: Visit, place: str) -> str:
    return f"/desk/case/{visit.number}#{place}"


def _fault(text: str) -> str:
    if not text:
        return "err_empty"
    return "err_too_long" if len(text) > MAX_TEXT else ""


def _count(visit: Visit, name: str) -> int:
    text = visit.form.get(name, "")
    if not _COUNT.fullmatch(text):
        raise HTTPException(status_code=400)
    return int(text)


def _key(visit: Visit, purpose: str, text: str) -> str:
    """The same form with the same words is one message, however often it comes.

    With other words it is another one: a page that was gone back to still carries its key.
    """
    key = visit.form.get("key", "")
    if not _KEY.fullmatch(key):
        raise HTTPException(status_code=400)
    return hashlib.sha256(f"{key}\0{purpose}\0{text}".encode()).hexdigest()[:40]
