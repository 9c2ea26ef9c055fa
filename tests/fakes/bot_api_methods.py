"""The methods of the Bot API that this fake knows, with the rules the documentation gives them.

Source: core.telegram.org/bots/api; wording of refusals as the open Bot API server sends it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.bot_api_files import checked_place, uploaded
from tests.fakes.bot_api_rules import Params, Refusal, bad, message_text, reply_markup
from tests.fakes.bot_api_state import Chat, Json, Message, State, Webhook

MINIMAL = frozenset({"getme", "getupdates", "setwebhook", "sendmessage"})
LONGEST_POLL_S = 50
DELETABLE_S = 48 * 3600
ANSWERABLE_S = 15.0
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
_OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request;"
    " make sure that only one bot instance is running"
)
_WEBHOOK_SET = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)


class Methods:
    def __init__(self, state: State) -> None:
        self._state = state
        self._poller: object = None
        self.answerable_s = ANSWERABLE_S

    @property
    def is_polled(self) -> bool:
        return self._poller is not None

    def find(self, name: str, minimal: bool) -> Callable[[Params], Awaitable[Any]]:
        """Method names are not case-sensitive. Raises the 404 of an unknown one."""
        name = name.lower()
        method = getattr(self, f"do_{name}", None)
        if method is None or (minimal and name not in MINIMAL):
            raise Refusal(404, "Not Found")
        found: Callable[[Params], Awaitable[Any]] = method
        return found

    async def do_getme(self, params: Params) -> Json:
        return self._state.me

    async def do_getupdates(self, params: Params) -> list[Json]:
        self._refuse_beside_webhook()
        self._set_allowed(params)
        offset, limit = params.integer("offset"), params.integer("limit", 100)
        if offset < 0:
            offset = self._from_the_end(-offset)
        self._state.confirm_below(offset)
        mine = self._poller = object()
        self._state.changed.fire()
        timeout_s = max(0, min(params.integer("timeout"), LONGEST_POLL_S))
        try:
            return await self._wait_for_updates(
                mine, limit if 1 <= limit <= 100 else 100, timeout_s
            )
        finally:
            if self._poller is mine:
                self._poller = None

    async def _wait_for_updates(self, mine: object, limit: int, timeout_s: float) -> list[Json]:
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while True:
            if self._poller is not mine:
                raise Refusal(409, _OTHER_POLLER)
            self._refuse_beside_webhook()
            updates = self._state.waiting()[:limit]
            if updates or loop.time() >= until:
                return updates
            await self._state.changed.wait(until - loop.time())

    def _refuse_beside_webhook(self) -> None:
        if self._state.webhook.url:
            raise Refusal(409, _WEBHOOK_SET)

    def _from_the_end(self, count: int) -> int:
        """The offset that leaves the last `count` updates; all before are forgotten."""
        waiting = self._state.waiting()[-count:]
        return int(waiting[0]["update_id"]) if waiting else 0

    def _set_allowed(self, params: Params) -> None:
        allowed = params.parsed("allowed_updates")
        if isinstance(allowed, list):
            self._state.allowed = tuple(allowed) or None

    async def do_setwebhook(self, params: Params) -> bool:
        url, secret = params.text("url"), params.text("secret_token")
        if secret and not _SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters")
        # Like a local Bot API server, which takes http addresses too.
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        connections = params.integer("max_connections", 40)
        self._set_allowed(params)
        if params.boolean("drop_pending_updates"):
            self._state.pending.clear()
        self._state.webhook = Webhook(url, secret, max(1, min(connections, 100)))
        self._state.changed.fire()
        return True

    async def do_deletewebhook(self, params: Params) -> bool:
        return await self.do_setwebhook(Params(params, url="", secret_token=""))

    async def do_getwebhookinfo(self, params: Params) -> Json:
        hook = self._state.webhook
        info: Json = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._state.waiting()),
        }
        if hook.url:
            info["max_connections"] = hook.max_connections
        if hook.last_error:
            info |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error}
        return info | (
            {"allowed_updates": list(self._state.allowed)} if self._state.allowed else {}
        )

    async def do_sendmessage(self, params: Params) -> Json:
        text, entities = message_text(params)
        markup = reply_markup(params)
        chat = self._state.chat_to_write_to(params.text("chat_id"))
        self._state.limits.check(chat.id)
        content: Json = {"text": text}
        content |= {"entities": entities} if entities else {}
        content |= {"reply_markup": markup} if markup else {}
        preview = params.parsed("link_preview_options")
        content |= {"link_preview_options": preview} if preview else {}
        content |= {"has_protected_content": True} if params.boolean("protect_content") else {}
        return self._state.add_message(chat, True, params.text("text"), **content).raw

    async def do_senddocument(self, params: Params) -> Json:
        return self._send_file(params, "document")

    async def do_sendphoto(self, params: Params) -> Json:
        return self._send_file(params, "photo")

    def _send_file(self, params: Params, kind: str) -> Json:
        chat = self._state.chat_to_write_to(params.text("chat_id"))
        name, data = uploaded(params, kind)
        self._state.limits.check(chat.id)
        content = self._state.files.sent(kind, name, data)
        return self._state.add_message(chat, True, "", **{kind: content}).raw

    async def do_sendlocation(self, params: Params) -> Json:
        place = checked_place(params)
        chat = self._state.chat_to_write_to(params.text("chat_id"))
        self._state.limits.check(chat.id)
        return self._state.add_message(chat, True, "", location=place).raw

    async def do_getfile(self, params: Params) -> Json:
        return self._state.files.get(params.text("file_id"))

    async def do_editmessagetext(self, params: Params) -> Json:
        text, entities = message_text(params)
        message = self._own_message(params)
        return self._edit(message, text=text, entities=entities, reply_markup=reply_markup(params))

    async def do_editmessagereplymarkup(self, params: Params) -> Json:
        return self._edit(self._own_message(params), reply_markup=reply_markup(params))

    def _own_message(self, params: Params) -> Message:
        chat = self._state.chat_to_write_to(params.text("chat_id"))
        message = chat.message(params.integer("message_id"))
        if message is None:
            raise bad("message to edit not found")
        if not message.by_bot:
            raise bad("message can't be edited")
        return message

    def _edit(self, message: Message, **content: Any) -> Json:
        new = {key: value for key, value in content.items() if value}
        if all(message.raw.get(key) == value for key, value in content.items() if value) and (
            "reply_markup" in new or "reply_markup" not in message.raw
        ):
            raise bad(
                "message is not modified: specified new message content and reply markup are"
                " exactly the same as a current content and reply markup of the message"
            )
        kept = {key: value for key, value in message.raw.items() if key not in content}
        message.raw = kept | new | {"edit_date": self._state.now}
        self._state.changed.fire()
        return message.raw

    async def do_answercallbackquery(self, params: Params) -> bool:
        query = self._state.queries.get(params.text("callback_query_id"))
        if query is None or self._state.clock() - query.at > self.answerable_s:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(params.text("text")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        query.answer = params.text("text")
        self._state.changed.fire()
        return True

    async def do_sendchataction(self, params: Params) -> bool:
        chat = self._state.chat_to_write_to(params.text("chat_id"))
        if params.text("action") not in _ACTIONS:
            raise bad("wrong parameter action in request")
        self._state.actions.append((chat.id, params.text("action")))
        return True

    async def do_deletemessage(self, params: Params) -> bool:
        chat = self._state.chat_to_write_to(params.text("chat_id"))
        message = chat.message(params.integer("message_id"))
        if message is None:
            raise bad("message to delete not found")
        self._delete(chat, [message])
        return True

    async def do_deletemessages(self, params: Params) -> bool:
        chat = self._state.chat_to_write_to(params.text("chat_id"))
        numbers = params.parsed("message_ids")
        if not isinstance(numbers, list) or not numbers:
            raise bad("message identifiers are not specified")
        if len(numbers) > 100:
            raise bad("too many message identifiers specified")
        self._delete(chat, [found for n in numbers if (found := chat.message(int(n)))])
        return True

    def _delete(self, chat: Chat, messages: list[Message]) -> None:
        if any(self._state.clock() - message.at > DELETABLE_S for message in messages):
            raise bad("message can't be deleted for everyone")
        for message in messages:
            message.deleted = True
        self._state.changed.fire()

    async def do_setmycommands(self, params: Params) -> bool:
        commands = params.parsed("commands")
        if not isinstance(commands, list) or len(commands) > 100:
            raise bad("can't parse commands JSON object")
        for command in commands:
            if not _COMMAND.fullmatch(command.get("command", "")):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command.get("description", "")) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self._state.commands[_scope(params), _language(params)] = commands
        return True

    async def do_getmycommands(self, params: Params) -> list[Json]:
        return self._state.commands.get((_scope(params), _language(params)), [])

    async def do_deletemycommands(self, params: Params) -> bool:
        self._state.commands.pop((_scope(params), _language(params)), None)
        return True

    async def do_setmyname(self, params: Params) -> bool:
        return self._set_profile("name", 64, params)

    async def do_getmyname(self, params: Params) -> Json:
        return self._get_profile("name", params)

    async def do_setmydescription(self, params: Params) -> bool:
        return self._set_profile("description", 512, params)

    async def do_getmydescription(self, params: Params) -> Json:
        return self._get_profile("description", params)

    async def do_setmyshortdescription(self, params: Params) -> bool:
        return self._set_profile("short_description", 120, params)

    async def do_getmyshortdescription(self, params: Params) -> Json:
        return self._get_profile("short_description", params)

    def _set_profile(self, field: str, limit: int, params: Params) -> bool:
        text = params.text(field)
        if len(text) > limit:
            raise bad(f"bot {field.replace('_', ' ')} is too long")
        self._state.profile[field, _language(params)] = text
        return True

    def _get_profile(self, field: str, params: Params) -> Json:
        default = self._state.me["first_name"] if field == "name" else ""
        return {field: self._state.profile.get((field, _language(params)), default)}

    async def do_setchatmenubutton(self, params: Params) -> bool:
        button = params.parsed("menu_button") or {"type": "default"}
        if button.get("type") not in ("default", "commands", "web_app"):
            raise bad("MenuButton has unsupported type")
        self._state.menu_button = button
        return True

    async def do_getchatmenubutton(self, params: Params) -> Json:
        return self._state.menu_button


def _language(params: Params) -> str:
    code = params.text("language_code")
    if code and not re.fullmatch("[a-z]{2}", code):
        raise bad("invalid language code specified")
    return code


def _scope(params: Params) -> str:
    scope = params.parsed("scope") or {"type": "default"}
    return str(scope.get("type"))
