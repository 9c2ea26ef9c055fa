"""What is said about counsellors: asking for one, waiting, being answered, going on later.

Only what is known is said. How long it takes is known to `bot/handoff/waiting.py`.
"""

from __future__ import annotations

from bot.messages import N_

# Asking

HUMAN_NOT_HERE = N_(
    "human_not_here", "Counsellors cannot be reached from here. This is how you reach the office."
)
HANDOFF_COUNTRY = N_(
    "handoff_country", "Which country are you in? Then your question goes to the right office."
)
CONSENT_HANDOFF = N_(
    "consent_handoff",
    "You chose that nothing is kept. A counsellor can only help if they can read your"
    " question. May we keep it for that? You do not have to give your name.",
)
HANDOFF_NO_NAME = N_(
    "handoff_no_name", "Thank you. Your name is not kept. Please do not write it here."
)
HANDOFF_SENT = N_(
    "handoff_sent",
    "I handed your question over. A counsellor can read this chat now, and the answer comes"
    " here. The chat is deleted {days} days after your case is closed. With /forget you can"
    " delete it now.",
)
QUEUE_UNKNOWN = N_(
    "queue_unknown", "I do not know how long it takes. Until then you can go on asking me."
)

# Waiting

HANDOFF_WAITING = N_(
    "handoff_waiting", "Your question is waiting for a counsellor. Its number is {number}."
)
HANDOFF_CANCEL = N_("handoff_cancel", "I no longer need this")
HANDOFF_CANCELLED = N_(
    "handoff_cancelled",
    "All right. Your request for a counsellor is taken back. You can ask again any time.",
)
HANDOFF_NONE = N_("handoff_none", "No request for a counsellor is open.")
HANDOFF_NOTED = N_(
    "handoff_noted", "I have no answer to that. It stays here for the counsellor to read."
)
REPLY_NOTED = N_("reply_noted", "Thank you. Your answer stays here for the counsellor to read.")

# A counsellor has it

COUNSELLOR_ANSWERS = N_(
    "counsellor_answers",
    "A counsellor is answering you in this chat, so the program is silent. Please write to"
    " them here. /emergency, /language, /privacy and /forget still work.",
)
COUNSELLOR_AWAY = N_(
    "counsellor_away",
    "Your counsellor is away at the moment. What you write stays here for them. If you like,"
    " the program answers you meanwhile.",
)
ASK_PROGRAM = N_("ask_program", "Ask the program")
PROGRAM_ANSWERS = N_(
    "program_answers",
    "All right. Please write your question. The program answers until your counsellor is back.",
)

# Later

CASE_REOPENED = N_(
    "case_reopened", "Your case is open again. A counsellor can read what you write here."
)
HUMAN_AGAIN = N_("menu_human_again", "To the counsellor again")

# Danger

DANGER_CASE_OPENED = N_(
    "danger_case_opened",
    "A counsellor is told. I do not know when they read it, so please call the number first.",
)
DANGER_CASE_RAISED = N_(
    "danger_case_raised",
    "Your question to the counsellor is marked as urgent. I do not know when they read it, so"
    " please call the number first.",
)
DANGER_CASE_HELD = N_("danger_case_held", "Your counsellor can read this message too.")
DANGER_CASE_CANCEL = N_("danger_case_cancel", "Do not tell a counsellor")
DANGER_CASE_CANCELLED = N_(
    "danger_case_cancelled", "All right. The message to the counsellors is taken back."
)
DANGER_NOBODY_TOLD = N_(
    "danger_nobody_told", "Nobody was told about this: you chose that nothing is kept."
)

# The first questions

INTAKE_SAFE = N_("intake_safe", "Is it safe for you if a counsellor writes to you here?")
INTAKE_YES = N_("intake_yes", "Yes")
INTAKE_NO = N_("intake_no", "No")
INTAKE_UNSURE = N_("intake_unsure", "I am not sure")
INTAKE_SKIP = N_("intake_skip", "Skip this question")
INTAKE_HOURS = N_("intake_hours", "When is it safer to write to you?")
INTAKE_MORNING = N_("intake_morning", "In the morning")
INTAKE_AFTERNOON = N_("intake_afternoon", "In the afternoon")
INTAKE_EVENING = N_("intake_evening", "In the evening")
INTAKE_WEEKEND = N_("intake_weekend", "At the weekend")
INTAKE_TOPIC = N_("intake_topic", "What is your question about?")
INTAKE_WANTS = N_(
    "intake_wants", "Would you rather talk to a woman or a man? It is not always possible."
)
INTAKE_WOMAN = N_("intake_woman", "A woman")
INTAKE_MAN = N_("intake_man", "A man")
INTAKE_ANYBODY = N_("intake_anybody", "It does not matter")
INTAKE_DONE = N_("intake_done", "Thank you. The counsellor sees your answers.")
