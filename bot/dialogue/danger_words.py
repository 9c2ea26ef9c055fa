"""What is said around a danger card; the cards themselves are in content/danger/."""

from __future__ import annotations

from bot.messages import N_

HEAD = N_("danger_head", "If you are in danger now, call 112 first.")
SHORT = N_("danger_short", "These people can help you now:")
NOT_READ = N_(
    "danger_closed_hours",
    "Nobody reads this chat as an emergency service. Please call, or show this to someone"
    " near you.",
)
READ_SLOWLY = N_(
    "danger_open_hours",
    "A counsellor may read this chat today, but not at once. Please call first, or show this to"
    " someone near you.",
)
ABROAD = N_(
    "danger_abroad",
    "These numbers are for Romania and Hungary. In another country, call the emergency number"
    " of that country.",
)
SAFE_ASK = N_("danger_safe_ask", "Are you safe to write here?")
# Translators: these four are buttons below the numbers, 30 characters at most.
CAN_WRITE = N_("danger_can_write", "I can write")
NOT_SAFE = N_("danger_not_safe", "It is not safe now")
CANNOT_CALL = N_("danger_cannot_call", "I cannot call")
NOT_ME = N_("danger_not_me", "This is not about danger")
CAN_WRITE_REPLY = N_(
    "danger_can_write_reply",
    "A counsellor is told and answers here. I do not know how soon. You do not need to explain"
    " anything or give your name.",
)
NOT_SAFE_REPLY = N_(
    "danger_not_safe_reply",
    "A counsellor is told that you are not safe to write. If someone may see this phone, delete"
    " this chat. If you can, call or go where other people are.",
)
SHOW_INTRO = N_(
    "danger_show_intro",
    "Show the next message to someone near you. It asks them to call for you, in the language of"
    " the country.",
)
# Translators: in Romanian and Hungarian a stranger reads this on somebody's phone.
# {language} is the name of the language that the person speaks.
SHOW_CARD = N_(
    "danger_show_card",
    "Please help me: call 112 for me. I cannot call. I do not speak your language well; I speak"
    " this language: {language}. Thank you.",
)
NO_ANSWER = N_(
    "danger_no_answer",
    "You did not press a button, so a counsellor is told. I do not know when they read it. Please"
    " call the number first.",
)
NOT_ME_REPLY = N_("danger_not_me_reply", "All right. If that changes, write to me or call 112.")
# How a number on a card is reached, behind the number.
REACH_VOICE = N_("danger_reach_voice", "by phone call")
REACH_SMS = N_("danger_reach_sms", "by text message (SMS)")
REACH_APP = N_("danger_reach_app", "with an app")
REACH_CHAT = N_("danger_reach_chat", "by chat")
