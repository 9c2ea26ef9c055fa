"""What is said about codes, shared phones, complaints and offices."""

from __future__ import annotations

from bot.messages import N_

# Codes. {code} looks like a phone number: “0541 204 878”.

CODE = N_(
    "resume_code",
    "Write this number in our chat on another phone, on Telegram or on the web page, and your"
    " question goes on there: {code}. It only looks like a phone number. It works once, within"
    " 24 hours.",
)
CODE_FOR_PAGE = N_(
    "resume_code_page",
    "If you close this page, you lose this chat. With this number you can go on later, on"
    " another page or on Telegram: {code}. It works once, within 24 hours. For a new one, write"
    " /code.",
)
CODE_BUTTON = N_("resume_button", "Go on on another phone")
NOTHING_OPEN = N_(
    "resume_nothing",
    "You have no open question to a counsellor, so there is nothing to take along.",
)
WRONG = N_(
    "resume_wrong",
    "This number does not work. It was used before, it is too old, or it is not written as it"
    " was given.",
)
TOO_MANY = N_("resume_too_many", "Too many numbers were wrong. Please try again in an hour.")
IS_HERE = N_(
    "resume_here", "This number is for another phone or page. Here you can simply go on writing."
)
DONE = N_(
    "resume_done",
    "You go on here with your question to the counsellor. Its number is {number}. Answers come"
    " here from now on.",
)
DONE_NO_CASE = N_("resume_done_chat", "You go on here with your own chat.")
ASIDE = N_(
    "resume_aside",
    "Another question was open here. It waits. To go back to it, write this number: {code}",
)
# Translators: on a phone or page that somebody else may see. It says nothing about the chat.
ELSEWHERE = N_("resume_elsewhere", "This chat was continued elsewhere.")

# A phone that several people use

NEW_PERSON_BUTTON = N_("resume_new_person_button", "Someone else uses this phone")
NEW_PERSON = N_(
    "resume_new_person",
    "Does somebody else want to write to us from this phone? Then write down this number first:"
    " {code}. With it you come back to your own chat: write it here. What stands on the screen"
    " stays there until you delete it.",
)
NEW_PERSON_YES = N_("resume_new_person_yes", "Start a new chat")
NEW_PERSON_NO = N_("resume_new_person_no", "Stay in this chat")
STAYED = N_("resume_stayed", "All right. This is still your chat.")
NEW_CHAT = N_(
    "resume_new_chat",
    "Hello. This is a new chat. I do not use anything that was written here before.",
)

# Complaints

COMPLAINT_BUTTON = N_("complaint_button", "This is about the counsellor")
COMPLAINT_ASK = N_(
    "complaint_ask",
    "You can complain about our service. A manager of the office reads this chat then, and"
    " answers you. The counsellor you write with does not have it any more.",
)
COMPLAINT_YES = N_("complaint_yes", "Yes, I want to complain")
COMPLAINT_NO = N_("complaint_no", "No")
COMPLAINT_STOPPED = N_("complaint_stopped", "All right. Nothing was changed.")
COMPLAINT_SENT = N_(
    "complaint_sent",
    "Your complaint goes to the manager of the office. Please write here what happened. The"
    " chat is deleted {days} days after this is closed.",
)

COMPLAINT_OTHER = N_(
    "complaint_other",
    "Another counsellor of the office goes on with you, not the one you wrote with.",
)

# Offices

OFFICE_ASK = N_(
    "case_office_ask",
    "Your question is with the office in {country}. Shall the office in {other} take it?",
)
OFFICE_YES = N_("case_office_yes", "Yes")
OFFICE_STAY = N_("case_office_stay", "No, it stays there")
OFFICE_MOVED = N_(
    "case_office_moved",
    "Your question goes to the office in {country}. You keep your number: {number}.",
)
OFFICE_STAYS = N_("case_office_stays", "All right. The office in {country} keeps your question.")
