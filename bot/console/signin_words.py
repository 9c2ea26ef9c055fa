"""The words of signing in, each under its key without `desk_signin_`: `WORDS["title"]`."""

from __future__ import annotations

from bot.messages import N_, NP_, Text

# Translators: counsellors read these when they sign in. "Code": the six digits that an app
# on their phone shows. "Recovery code": one from the list they keep on paper.
_TEXTS = (
    N_("desk_signin_title", "Sign in"),
    N_("desk_signin_name", "Name"),
    N_("desk_signin_password", "Password"),
    N_("desk_signin_go", "Go on"),
    N_("desk_signin_to_desk", "To the desk"),
    N_("desk_signin_start_again", "Start again"),
    N_(
        "desk_signin_wrong",
        "Name or password is not right. A one-time password works for {days} days only;"
        " ask your admin for a new one.",
    ),
    NP_(
        "desk_signin_wait",
        "Too many tries. Please wait {n} minute, then try again.",
        "Too many tries. Please wait {n} minutes, then try again.",
    ),
    N_("desk_signin_busy", "Many people are signing in. Please try again in a minute."),
    # The code
    N_("desk_signin_code_title", "Your code"),
    N_("desk_signin_code", "Code from the app on your phone"),
    N_("desk_signin_code_hint", "Phone lost? Type one of your recovery codes instead."),
    N_("desk_signin_code_wrong", "This code is not right, or was used before. Wait for the next."),
    # The password
    N_("desk_signin_choose_title", "Choose a password"),
    N_(
        "desk_signin_choose_hint",
        "At least {length} characters. Four or five words that do not belong together are easy"
        " to remember and hard to guess.",
    ),
    N_("desk_signin_old", "Present password"),
    N_("desk_signin_new", "New password"),
    N_("desk_signin_again", "New password once more"),
    N_("desk_signin_old_wrong", "The present password is not right."),
    N_("desk_signin_short", "This password is too short. It needs {length} characters."),
    N_("desk_signin_long", "This password is too long."),
    N_("desk_signin_is_name", "A password cannot be your name."),
    N_("desk_signin_same", "This is the present password. Please choose another one."),
    N_("desk_signin_differ", "The two new passwords are not the same."),
    N_("desk_signin_ends_others", "You stay signed in here, and are signed out everywhere else."),
    # The phone
    N_("desk_signin_setup_title", "Set up your phone"),
    N_(
        "desk_signin_setup_scan",
        "Open an authenticator app on your phone, such as Aegis, FreeOTP or Google"
        " Authenticator, and scan this picture.",
    ),
    N_("desk_signin_setup_picture", "The picture to scan"),
    N_("desk_signin_setup_type", "If you cannot scan it, type this key into the app:"),
    N_("desk_signin_setup_code", "Then type the code that the app shows"),
    # Recovery codes
    N_("desk_signin_codes_title", "Your recovery codes"),
    N_(
        "desk_signin_codes_keep",
        "Write these down and keep them in a safe place, not on your phone. Each works once, when"
        " your phone is not there. They are shown only now.",
    ),
    NP_("desk_signin_codes_left", "{n} recovery code is left.", "{n} recovery codes are left."),
    N_("desk_signin_codes_new", "Make new recovery codes"),
    N_("desk_signin_codes_old_end", "The old ones stop working."),
    # Elsewhere
    N_("desk_signin_arrive", "One moment…"),
)

WORDS: dict[str, Text] = {text.key.removeprefix("desk_signin_"): text for text in _TEXTS}
