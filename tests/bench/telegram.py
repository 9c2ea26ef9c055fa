"""The stand-in for Telegram as a process, with people who have already written to the bot."""

from __future__ import annotations

import asyncio
import sys

from tests.fakes.bot_api import TOKEN, BotApi

FIRST_PERSON = 700_000_001
__all__ = ["FIRST_PERSON", "TOKEN"]


async def serve(port: int, people: int) -> None:
    api = BotApi()
    for number in range(FIRST_PERSON, FIRST_PERSON + people):
        api.person("Amina", "en", number).sends("/start")
    api.state.pending.clear()  # it is the bench that sends updates
    await api.start(port=port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
