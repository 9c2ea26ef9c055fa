"""The one table of all addresses under /desk: who may ask for them, and what answers.

A page that is not in `ROUTES` does not exist, and a test walks every row with every role
and office. Roles are checked here; offices and claims by the one condition in storage.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from litestar import Response
from litestar.response import Stream

from bot.console import (
    case_acts,
    case_page,
    data_page,
    figures_page,
    files,
    flow_page,
    my_day,
    queue_page,
    search_page,
    withdraw_page,
)
from bot.console.visit import Visit
from bot.storage import Role

Method = Literal["GET", "POST"]
Answer = Callable[[Visit], Awaitable[Response[Any] | Stream]]

EVERYBODY = frozenset(Role)
# Managers answer complaints and put back what absent colleagues left.
DESK = frozenset({Role.COUNSELLOR, Role.PROTECTION, Role.MANAGER})
MANAGES = frozenset({Role.MANAGER})
DATA = frozenset({Role.DATA_PROTECTION})
READERS = DESK | {Role.EDITOR}  # of what the service asks and says
EDITS = frozenset({Role.EDITOR})
TELLS = DESK | EDITS  # whoever sees that a fact is wrong says so


class Reach(enum.StrEnum):
    """Whose cases a route can touch."""

    NOBODYS = "nobody's"  # before signing in, files, the own account
    OFFICE = "office"  # lists: what the role sees of the own office
    CASE = "case"  # the case in the address, if it is theirs


@dataclass(frozen=True, slots=True)
class Route:
    method: Method
    path: str
    roles: frozenset[Role]  # empty: also who is not signed in
    reach: Reach
    answer: Answer | None = None  # none: `signin` and `console` answer it themselves
    page: str = ""  # its name in the navigation
    takes_file: bool = False

    @property
    def changes(self) -> bool:
        return self.method != "GET"


def _case(method: Method, act: str, answer: Answer, takes_file: bool = False) -> Route:
    path = f"/desk/case/{{number:str}}{act}"
    return Route(method, path, DESK, Reach.CASE, answer, takes_file=takes_file)


def _signin(method: Method, step: str) -> Route:
    return Route(method, f"/desk/signin{step}", frozenset(), Reach.NOBODYS)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/desk", EVERYBODY, Reach.NOBODYS),
    Route("GET", "/desk/queue", DESK, Reach.OFFICE, queue_page.show, "queue"),
    Route("GET", "/desk/counts", EVERYBODY, Reach.OFFICE, queue_page.counts),
    Route("GET", "/desk/mine", DESK, Reach.OFFICE, my_day.show, "mine"),
    Route("GET", "/desk/search", DESK, Reach.OFFICE, search_page.show, "search"),
    Route("GET", "/desk/stream", EVERYBODY, Reach.OFFICE),
    _case("GET", "", case_page.show),
    _case("POST", "/claim", queue_page.claim),
    _case("POST", "/reply", case_acts.reply),
    _case("POST", "/find", case_acts.find),
    _case("POST", "/send", case_acts.send),
    _case("POST", "/resend", case_acts.resend),
    _case("POST", "/typing", case_acts.typing),
    _case("POST", "/undo", case_acts.undo),
    _case("POST", "/send-now", case_acts.send_now),
    _case("POST", "/note", case_acts.note),
    _case("POST", "/wait", case_acts.wait),
    _case("POST", "/transfer", case_acts.transfer),
    _case("POST", "/release", case_acts.release),
    _case("POST", "/take-over", case_acts.take_over),
    _case("POST", "/close", case_acts.close),
    _case("GET", "/file/{seq:str}", files.show),
    _case("POST", "/keep", files.keep),
    _case("POST", "/attach", files.attach, takes_file=True),
    _case("POST", "/place", files.place),
    Route("GET", "/desk/wrong", TELLS, Reach.OFFICE, withdraw_page.ask),
    Route("POST", "/desk/wrong", TELLS, Reach.OFFICE, withdraw_page.withdraw),
    Route("GET", "/desk/withdrawn", EDITS, Reach.OFFICE, withdraw_page.show, "withdraw_list"),
    Route("POST", "/desk/withdrawn/restore", EDITS, Reach.OFFICE, withdraw_page.restore),
    Route("GET", "/desk/flows", READERS, Reach.NOBODYS, flow_page.show, "flows"),
    Route("GET", "/desk/flows/{flow:str}", READERS, Reach.NOBODYS, flow_page.one),
    Route("GET", "/desk/figures", MANAGES, Reach.OFFICE, figures_page.show, "figures"),
    Route("GET", "/desk/data", DATA, Reach.OFFICE, data_page.show, "data"),
    Route("POST", "/desk/data/export", DATA, Reach.OFFICE, data_page.export),
    Route("POST", "/desk/data/erase", DATA, Reach.OFFICE, data_page.erase),
    Route("GET", "/desk/static/{name:str}", frozenset(), Reach.NOBODYS),
    _signin("GET", ""),
    _signin("POST", ""),
    _signin("GET", "/code"),
    _signin("POST", "/code"),
    _signin("GET", "/password"),
    _signin("POST", "/password"),
    _signin("GET", "/setup"),
    _signin("POST", "/setup"),
    _signin("GET", "/recovery"),
    _signin("POST", "/recovery"),
    Route("POST", "/desk/signout", frozenset(), Reach.NOBODYS),
)
