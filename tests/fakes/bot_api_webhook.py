"""Sends updates to a webhook, in order within a chat, until each is answered with 2xx."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.fakes.bot_api_state import State, Webhook

LONGEST_PAUSE_S = 60.0


class WebhookSender:
    def __init__(self, state: State, first_pause_s: float = 1.0) -> None:
        self._state = state
        self._first_pause_s = first_pause_s
        self._running: dict[int, asyncio.Task[None]] = {}
        self._failures: dict[int, int] = {}
        self.delivered = 0
        self.refused: list[int] = []  # statuses; 0 = no answer

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            try:
                while True:
                    self._start_what_can_start(client)
                    await self._state.changed.wait(3600)
            finally:
                for task in self._running.values():
                    task.cancel()
                await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _start_what_can_start(self, client: httpx.AsyncClient) -> None:
        hook = self._state.webhook
        for update in self._state.waiting() if hook.url else []:
            if len(self._running) >= hook.max_connections:
                return
            lane = _chat_of(update)
            if lane not in self._running:
                self._running[lane] = asyncio.create_task(self._deliver(client, hook, lane, update))

    async def _deliver(
        self, client: httpx.AsyncClient, hook: Webhook, lane: int, update: Any
    ) -> None:
        try:
            status = await self._post(client, hook, update)
            if 200 <= status <= 299:
                self._failures.pop(lane, None)
                self.delivered += 1
                self._state.drop(update)
                return
            self.refused.append(status)
            hook.last_error_at = self._state.now
            hook.last_error = f"Wrong response from the webhook: {status}"
            failures = self._failures[lane] = self._failures.get(lane, 0) + 1
            await asyncio.sleep(min(self._first_pause_s * 2 ** (failures - 1), LONGEST_PAUSE_S))
        finally:
            self._running.pop(lane, None)
            self._state.changed.fire()

    async def _post(self, client: httpx.AsyncClient, hook: Webhook, update: Any) -> int:
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            return (await client.post(hook.url, json=update, headers=headers)).status_code
        except httpx.HTTPError:
            return 0


def _chat_of(update: Any) -> int:
    """The chat an update belongs to; updates of one chat are sent one after another."""
    for content in update.values() if isinstance(update, dict) else ():
        if isinstance(content, dict):
            message = content.get("message")
            chat = content.get("chat") or (message or {}).get("chat")
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
    return 0
