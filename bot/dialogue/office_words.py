"""What is said around offices of the directory; the rows themselves are facts."""

from __future__ import annotations

from bot.messages import N_

NEAREST = N_("office_nearest", "The nearest offices in our list. The list is not complete.")
SOME = N_("office_some", "Some offices in our list. The list is not complete.")
NONE_NEAR = N_("office_none_near", "There is no office in our list near you.")
NONE_FOR_THIS = N_("office_none", "There is no office for this in our list.")
FURTHER = N_("office_further", "The nearest one in our list is in another city:")
LINES_FIRST = N_("office_lines_first", "These numbers come first. You can call from anywhere:")
LINES = N_("office_lines", "For the whole country:")
CALL_FIRST = N_("office_call_first", "Please call before you go.")
# Translators: we know no phone of this office.
ASK_FIRST = N_("office_ask_first", "We do not know its phone. Please ask before you go.")
UNCONFIRMED = N_("office_unconfirmed", "Not confirmed by the office.")
CLOSED_TODAY = N_("office_closed_today", "Closed today: public holiday.")
PAGE = N_("office_page", "Web page")
MAP = N_("office_map", "Find the address on a map")
WHICH = N_("office_which", "There are several cities with this name. Which one do you mean?")
PLACE = N_("office_place", "Use my place")
HOW_TELEGRAM = N_(
    "office_how_telegram",
    "Press the paperclip below and choose “Location”. I use your place once and forget it. Or"
    " write the name of your city.",
)
HOW_WEB = N_(
    "office_how_web",
    "I did not get your place from this device. Please write the name of your city, or of a big"
    " city near it.",
)
FORGOTTEN = N_("office_place_forgotten", "I used your place for this answer only and forgot it.")
ABROAD = N_(
    "office_abroad",
    "This place is not in Romania or Hungary, and our list has offices there only. I did not"
    " keep your place. Which country is your question about?",
)
UNREAD = N_(
    "office_place_unread", "I could not read this place, and did not keep it. Which country are"
    " you in?"
)  # fmt: skip
MORE = N_("office_more", "You can look for one topic only, or talk to a counsellor.")
