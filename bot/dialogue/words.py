"""The dialogue's own words. Those of low confidence are in `fallback.py`, those about
counsellors in `handoff_words.py`."""

from __future__ import annotations

from bot.messages import N_

WELCOME = N_(
    "welcome",
    "Hello. This is a free information service for migrants in Romania and Hungary. I am a"
    " program, not a person. My answers are written by people. This is not an emergency"
    " service: in danger, call 112.",
)
DEMO_NOTICE = N_(
    "demo_notice",
    "This is a demonstration. The facts here are not checked yet. Please do not rely on them."
    " In real danger, call 112.",
)
CHOOSE_LANGUAGE = N_("lang_list", "Please choose your language.")
LANGUAGE_SET = N_("language_set", "From now on I write in English.")
LANGUAGE_OFFER = N_("language_offer", "Would you like to go on in English?")
# {language} is the name of a language we do not have, {languages} a list of ours.
LANGUAGE_NOT_OFFERED = N_(
    "language_not_offered",
    "You seem to write in another language ({language}). I can answer in: {languages}.",
)
MENU_TITLE = N_("menu_title", "Choose a topic, or write your question in your own words.")
TOPIC_TITLE = N_("topic_title", "Which question is yours?")
MENU_MORE = N_("menu_more", "More topics")
MENU = N_("menu", "All topics")
MENU_HUMAN = N_("menu_human", "Talk to a counsellor")
MENU_LANGUAGE = N_("menu_language", "Language")
MENU_EMERGENCY = N_("menu_emergency", "Emergency numbers")
MENU_PRIVACY = N_("menu_privacy", "What do you keep?")
COUNTRY_ASK = N_("country_ask", "The answer is different in each country. Where are you?")
COUNTRY_OTHER = N_("country_other", "Another country")
COUNTRY_NOT_OURS = N_(
    "country_not_ours",
    "I only have answers for Romania and Hungary. Which country is your question about?",
)
COUNTRY_SET = N_("country_set", "Thank you. I will give answers for this country: {country}.")
CONSENT_ASK = N_(
    "consent_ask",
    "May we keep this chat for {days} days? Then a counsellor can read it if you ask for one."
    " If you say no, you still get answers, and nothing is kept after they reach you.",
)
CONSENT_YES = N_("consent_yes", "Yes, keep it")
CONSENT_NO = N_("consent_no", "No")
CONSENT_NO_NAME = N_("consent_no_name", "Yes, without my name")
CONSENT_THANKS_YES = N_(
    "consent_thanks_yes",
    "Thank you. The chat is stored encrypted and deleted after {days} days. With /forget you"
    " can delete it now.",
)
CONSENT_THANKS_NO = N_("consent_thanks_no", "All right. Nothing is kept. You can go on asking.")
CONSENT_THANKS_NO_NAME = N_(
    "consent_thanks_no_name",
    "Thank you. The chat is kept without your name, and deleted after {days} days. Please do"
    " not write your name here.",
)
HELPED_ASK = N_("helpful_ask", "Did this answer your question?")
HELPED_YES = N_("helpful_yes", "Yes, it helped")
HELPED_NO = N_("helpful_no_button", "No")
HELPED_THANKS = N_("helpful_thanks", "Thank you. You can ask another question.")
HELPED_SORRY = N_(
    "helpful_no",
    "I am sorry. You can ask in other words, choose a topic, or talk to a counsellor.",
)
ANSWER_WITHHELD = N_(
    "no_answer",
    "I have no checked answer to this question today. A counsellor can help you.",
)
GREETING = N_("greeting_reply", "Hello. What would you like to know?")
THANKS = N_("thanks_reply", "You are welcome. You can write again any time.")
GOODBYE = N_("goodbye_reply", "Goodbye. You can write again any time.")
HOW_ARE_YOU = N_("how_are_you_reply", "Thank you for asking. I am a program. How can I help you?")
DELETED = N_(
    "delete_done",
    "Done. Everything you wrote here is deleted from our service. Copies in backups expire"
    " within {days} days.",
)
DELETE_LIMITS = N_(
    "delete_limits",
    "What is shown on this phone stays until you delete it here. If someone may read your"
    " phone, please delete this chat.",
)
OLD_BUTTON = N_(
    "err_link_old", "This button is from an older version and no longer works. Please choose again."
)
TOO_LONG = N_(
    "err_too_long",
    "Your message is too long for me. Please write your question in a few short sentences.",
)
EMPTY = N_("type_or_choose", "Please write your question, or choose a topic.")
VOICE = N_(
    "err_voice",
    "🎤 ❌  I cannot listen to voice messages.\n⌨️ ✅  Please write, or press a button.\n"
    "🆘 📞  In danger, call:",
)
PHOTO = N_(
    "err_file_type",
    "I cannot read pictures or files. Please do not send photos of your papers here. Write"
    " your question, or choose a topic.",
)
FILE_WAITS = N_(
    "media_waits",
    "✅  Thank you. The counsellor who takes your case will get this. You can also write a few"
    " words about it.",
)
STICKER = N_("sticker_reply", "Thank you. If you have a question, please write it.")
CONTACT_CARD = N_(
    "contact_reply", "I did not keep this contact. Please write your question in words."
)
EDITED = N_(
    "edit_reply",
    "I saw that you changed a message. If you want a new answer, please send it as a new message.",
)
HELP = N_(
    "help_reply",
    "Write your question in your own words, or choose a topic. /language changes the"
    " language, /country the country, /human brings you to a person, /forget deletes this"
    " chat.",
)
STOPPED = N_("stop_reply", "All right, I stopped. You can write again any time.")
