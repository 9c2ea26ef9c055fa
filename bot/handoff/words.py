"""What people are told about their case. Each is a fixed text; nobody types these."""

from __future__ import annotations

from bot.messages import N_, NP_

JOINED = N_(
    "counsellor_joined",
    "You now write with {name}, a counsellor. {name} is a person. The program is silent now.",
)
LEFT = N_(
    "counsellor_left",
    "The counsellor had to stop. You are back in the queue, at your old place."
    " You can go on writing.",
)
LOST = N_(
    "counsellor_lost",
    "The counsellor lost the connection before answering. You are back in the queue,"
    " at your old place. You can go on writing.",
)
PASSED_ON = N_(
    "case_passed_on",
    "Your question goes to a colleague who can help better. You keep your place in the queue.",
)
PASSED_TO_OFFICE = N_(
    "case_passed_to_office",
    "As agreed, your question goes to {office}. You keep your number: {number}.",
)
CLOSED = N_(
    "case_closed",
    "The counsellor has closed this conversation. To go on within 3 days, ask for a counsellor"
    " again: you keep your number {number}.",
)
EXPIRED = NP_(
    "case_expired",
    "No counsellor took your question within {n} day, and we stop looking. We are sorry."
    " You can ask again.",
    "No counsellor took your question within {n} days, and we stop looking. We are sorry."
    " You can ask again.",
)
BOT_BACK = N_("bot_back", "The program answers again now.")
