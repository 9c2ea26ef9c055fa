"""One case: what was said, what may have been meant, and the box to answer in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from litestar import Response

from bot.console.case_lines import lines_of
from bot.console.file_lines import files_of
from bot.console.moments import Moment
from bot.console.phrase_panel import Hit, Panel
from bot.console.rows import OUTCOMES
from bot.console.visit import Visit
from bot.console.words import WORDS
from bot.messages import MAX_TEXT
from bot.storage import Case, CaseEvent, CaseState, Opened, Role

KEEP_CASE_DAYS = 90


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a drawing of the page shows besides the case: what was typed, and what went wrong."""

    status: int = 200
    problem: str = ""  # a word
    draft: str = ""
    note_draft: str = ""
    find: str = ""
    group: str = ""
    found: Sequence[Hit] | None = None
    seen: int | None = None  # what the person wrote after this line is marked as new
    form: Mapping[str, str] = field(default_factory=dict)


async def show(visit: Visit) -> Response[bytes]:
    return await draw(visit, Drawn())


async def draw(visit: Visit, drawn: Drawn) -> Response[bytes]:
    opened = await visit.desk.open(visit.staff, visit.number, visit.me.login_id)
    case = opened.case
    is_open = case.state is CaseState.CLAIMED and case.holder == visit.staff.id
    panel = Panel(visit.rows, case, drawn.form)
    return await visit.page(
        "case.html",
        drawn.status,
        drawn=drawn,
        case=case,
        row=visit.rows.row(case),
        is_open=is_open,
        is_cover=case.state is CaseState.CLAIMED and not is_open,
        about=_about(visit, case),
        key=secrets.token_urlsafe(16),
        lines=await lines_of(visit, opened, drawn.seen),
        files=await files_of(visit, opened),
        last_seq=max((line.seq for line in opened.lines), default=0),
        notes=[(note, visit.calendar.moment(note.at)) for note in opened.notes],
        events=_events(visit, opened.events),
        earlier=[visit.rows.row(old) for old in await visit.desk.history(visit.staff, case.number)],
        groups=panel.groups(),
        topics=visit.rows.topics(),
        outcomes=OUTCOMES,
        max_text=MAX_TEXT,
        is_parked=opened.is_parked,
        last_wrote=_last_wrote(visit, opened),
        waits_to_send=await visit.parts.store.desk.waits_to_send(visit.staff),
        **(await _people(visit) if is_open else {}),
    )


def _last_wrote(visit: Visit, opened: Opened) -> Moment | None:
    at = max((line.at for line in opened.lines if line.author == "person"), default=None)
    return visit.calendar.moment(at) if at else None


@dataclass(frozen=True, slots=True)
class About:
    danger: str
    safe_word: str
    asked: Moment
    deleted_on: str
    keep_days: int


def _about(visit: Visit, case: Case) -> About:
    snapshot, until = visit.snapshot, case.expires_at
    known = case.danger in snapshot.cards
    return About(
        danger=snapshot.card_title(case.danger, visit.staff.locale) if known else "",
        safe_word=f"safe_{case.safe}" if case.safe in ("no", "unsure") else "",
        asked=visit.calendar.moment(case.requested_at),
        deleted_on=visit.calendar.date_of(until) if until else "",
        keep_days=KEEP_CASE_DAYS,
    )


async def _people(visit: Visit) -> dict[str, Sequence[tuple[str, str]]]:
    """Who and where a case can be given to, each as code and name."""
    staff, store = visit.staff, visit.parts.store.staff
    members = [account.staff for account in await store.members(staff.office)]
    return {
        "colleagues": [
            (one.id, one.shown_as)
            for one in members
            if one.id != staff.id and one.has(Role.COUNSELLOR, Role.PROTECTION)
        ],
        "offices": [(o.code, o.name) for o in await store.offices() if o.code != staff.office],
    }


# What happened


def _events(visit: Visit, events: Sequence[CaseEvent]) -> list[tuple[Moment, str]]:
    return [
        (visit.calendar.moment(event.at), visit.rows.say(word.having(name=event.actor_shown_as)))
        for event in events
        if (word := WORDS.get(f"event_{event.kind}"))
    ]
