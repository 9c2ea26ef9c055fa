"""The words of the web page, each under its key without `web_`: `words["send"]`."""

from __future__ import annotations

from bot.channels.media_words import MEDIA_WORDS
from bot.messages import N_, Text

# Translators: the page is read on small phones, often by people who are afraid or tired.
# Short, plain sentences; a button has one or two words.
_TEXTS = (
    N_("web_heading", "Ask in your language"),
    N_(
        "web_intro",
        "Answers about staying, working and returning home, for Romania and Hungary."
        " You can ask for a person at any time.",
    ),
    N_("web_language", "Language"),
    N_("web_emergency", "Emergency numbers"),
    N_("web_danger_now", "In danger now? Call:"),
    N_("web_leave", "Leave"),
    N_("web_before", "Good to know"),
    N_(
        "web_demo",
        "This is a trial. The texts have not been reviewed yet."
        " Check anything important with an office.",
    ),
    N_("web_not_emergency", "This is not an emergency service. Nobody watches it day and night."),
    N_(
        "web_privacy",
        "You do not have to give your name. What you write is stored encrypted, and deleted after"
        " {days} days, or {case_days} days after a counsellor has closed your case."
        " You can delete it sooner.",
    ),
    N_(
        "web_history",
        "“Leave” hides this page at once and opens another site. The history of this device"
        " still shows that you were here. Pressing Shift three times does the same.",
    ),
    N_("web_came_for", "You came to read:"),
    N_("web_start_with", "Or start with:"),
    N_("web_chat", "Chat"),
    N_("web_label", "Your question"),
    N_("web_placeholder", "Write here…"),
    N_("web_send", "Send"),
    N_("web_skip", "Go to the message box"),
    N_("web_you", "You:"),
    N_("web_bot", "Punte:"),
    N_("web_counsellor", "Counsellor"),
    N_("web_writing", "Punte is writing…"),
    N_("web_counsellor_writing", "A counsellor is writing…"),
    N_("web_new_tab", "opens another site"),
    N_("web_refresh", "Show new answers"),
    N_("web_waiting", "We have your message. The answer is on its way."),
    N_("web_delete", "Delete this chat"),
    N_(
        "web_delete_explain",
        "Everything written here is deleted from our service. This cannot be undone.",
    ),
    N_("web_hide", "Clear this screen"),
    N_(
        "web_hide_explain",
        "This page is emptied and shows nothing of this chat again. A counsellor still has it.",
    ),
    N_(
        "web_hidden",
        "Done. The history of this browser still shows that you were here. With us nothing is"
        " deleted.",
    ),
    N_("web_hiding", "This takes a moment. Please press Leave if somebody comes."),
    N_("web_deleted", "This chat has been deleted."),
    N_("web_deleting", "We are deleting this chat. It takes a moment."),
    N_("web_sending", "Sending…"),
    N_("web_received", "Received"),
    N_("web_kept", "Kept on this device, sent later"),
    N_("web_failed", "Not sent"),
    N_("web_offline", "No connection. What you write is kept on this device and sent later."),
    N_("web_not_saved", "Your message is not saved yet. Please try again. In danger, call:"),
    N_("web_err_empty", "Please write something first."),
    N_("web_err_too_long", "This message is too long. Please send it in shorter parts."),
    N_("web_err_unreadable", "We could not read this message. Please write it again."),
    N_("web_err_closed", "This chat is closed. You can start a new one."),
    N_("web_err_busy", "Too many windows are open with this chat. Please close one."),
    N_("web_err_not_found", "This page does not exist."),
    N_("web_err_refused", "This request did not come from our page, so we did not take it."),
    N_("web_err_away", "The service is away for a moment. Please try again."),
    N_("web_err_broken", "Something went wrong on our side. Please try again."),
    N_("web_err_number", "Number of this error: {id}"),
    N_("web_start_again", "Back to the start"),
)

WORDS: dict[str, Text] = {text.key.removeprefix("web_"): text for text in _TEXTS} | MEDIA_WORDS
