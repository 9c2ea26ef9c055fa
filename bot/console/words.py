"""The words of the console, each under its key without `desk_`: `WORDS["claim"]`."""

from __future__ import annotations

from bot.channels.media_words import MEDIA_WORDS
from bot.console.figures_words import FIGURES_WORDS
from bot.console.file_words import FILE_WORDS
from bot.messages import N_, NP_, Text

# Translators: counsellors read these all day. Short; a button has one to three words.
_PAGE = (
    N_("desk_skip", "Go to the content"),
    N_("desk_nav", "Pages"),
    N_("desk_queue", "Waiting"),
    N_("desk_flows", "Guided questions"),
    N_("desk_mine", "My cases"),
    N_("desk_search", "Search"),
    N_("desk_sign_out", "Sign out"),
    N_("desk_change_password", "Change the password"),
    N_("desk_recovery_codes", "New recovery codes"),
    N_("desk_waiting_now", "waiting now"),
    N_("desk_back", "Back to the list"),
    N_("desk_save", "Save"),
    N_("desk_choose", "Choose…"),
    N_("desk_any", "Any"),
    N_("desk_nobody", "Nobody"),
    N_("desk_office", "Office"),
    N_("desk_colleague", "Colleague"),
    N_("desk_cases", "Cases"),
    # Translators: whether this page hears of changes by itself.
    N_("desk_live", "Live"),
    N_("desk_live_lost", "No connection. Trying again…"),
    N_("desk_live_out", "You are signed out. Copy what you wrote, then sign in again."),
    N_("desk_live_full", "Too many windows. This one does not update by itself."),
    N_("desk_failed", "This did not work. Nothing was sent. Please try again."),
    N_("desk_gone", "This case is no longer yours. Copy what you wrote."),
    N_("desk_sound_on", "Sound is on"),
    N_("desk_sound_off", "Sound is off"),
)
_QUEUE = (
    N_("desk_queue_empty", "Nobody is waiting."),
    # Translators: danger cases that people took back while they waited: how many, of what kind.
    NP_(
        "desk_taken_back",
        "Taken back: {n} ({what}, {country}, {time})",
        "Taken back: {n} ({what}, {country}, {time})",
    ),
    NP_(
        "desk_taken_back_somewhere",
        "Taken back: {n} ({what}, {time})",
        "Taken back: {n} ({what}, {time})",
    ),
    N_("desk_claim", "Take"),
    N_("desk_taken", "{name} has taken this case."),
    # Translators: {time} is a length of time, such as “3 min”.
    N_("desk_waits_for", "Waits {time}"),
    NP_("desk_minutes", "{n} min", "{n} min"),
    NP_("desk_hours", "{n} hour", "{n} hours"),
    NP_("desk_days", "{n} day", "{n} days"),
    N_("desk_urgency_danger", "Danger"),
    N_("desk_urgency_urgent", "Urgent"),
    N_("desk_urgency_normal", "Normal"),
    N_("desk_tag_protection", "Protection"),
    N_("desk_tag_complaint", "Complaint about the service"),
    N_("desk_tag_woman", "Wants a woman"),
    N_("desk_tag_man", "Wants a man"),
    N_("desk_tag_for_you", "For you"),
)
_MINE = (
    N_("desk_mine_empty", "You have no open case."),
    N_("desk_mine_today", "Promised for today, or earlier"),
    N_("desk_mine_answer", "Wait for your answer"),
    N_("desk_mine_cover", "You cover"),
    N_("desk_mine_rest", "Wait for something else"),
    # Translators: {time} is a date. Something was promised for that day.
    N_("desk_due_on", "Promised for {time}"),
    N_("desk_mine_waits_person", "Waits for the person"),
    N_("desk_mine_waits_office", "Waits for an office"),
    N_("desk_mine_waits_date", "Waits for a date"),
    N_("desk_since", "Since {time}"),
)
_SEARCH = (
    N_(
        "desk_search_hint",
        "Cases of your office, by these fields. What people write is encrypted and cannot be"
        " searched.",
    ),
    N_("desk_search_empty", "No case found."),
    N_("desk_case_number", "Case number"),
    N_("desk_language", "Language"),
    N_("desk_topic", "Topic"),
    N_("desk_outcome", "Outcome"),
    N_("desk_state", "State"),
    N_("desk_asked_on", "Asked on"),
    N_("desk_from_day", "From"),
    N_("desk_to_day", "Until"),
    N_("desk_older", "Older cases"),
    N_("desk_state_waiting", "Waiting"),
    N_("desk_state_claimed", "Taken"),
    N_("desk_state_closed", "Closed"),
)
_CASE = (
    N_("desk_transcript", "Conversation"),
    N_("desk_beside", "Notes and changes"),
    N_("desk_asked_since", "Asked for a person: {time}"),
    N_("desk_deleted_on", "Will be deleted on {date}"),
    NP_(
        "desk_deleted_after",
        "Will be deleted {n} day after it is closed",
        "Will be deleted {n} days after it is closed",
    ),
    N_("desk_safe_no", "It is not safe to write to this person here. Read the notes first."),
    N_("desk_safe_unsure", "The person is not sure that it is safe to write here."),
    N_("desk_best_hours", "Best time to write: {hours}"),
    N_("desk_case_closed", "This case is closed."),
    N_("desk_who_person", "Person"),
    N_("desk_who_bot", "Program"),
    N_("desk_who_counsellor", "Counsellor"),
    N_("desk_who_notice", "Notice"),
    N_("desk_edited", "changed later"),
    N_("desk_is_new", "new"),
    # Translators: what became of a message to the person.
    N_("desk_fate_pending", "On its way"),
    N_("desk_fate_sent", "Sent"),
    N_("desk_fate_uncertain", "May not have arrived"),
    N_("desk_fate_undeliverable", "Not delivered: the person cannot be reached there"),
    N_("desk_fate_cancelled", "Not sent"),
    # Translators: the person sent something that is not text.
    N_("desk_kind_button", "Pressed a button"),
    N_("desk_kind_photo", "A photo"),
    N_("desk_kind_voice", "A voice message"),
    N_("desk_kind_document", "A document"),
    N_("desk_kind_sticker", "A sticker"),
    N_("desk_kind_location", "A place"),
    N_("desk_kind_contact", "A contact"),
    N_("desk_kind_other", "Something without text"),
    N_("desk_resend", "Send again"),
    N_("desk_cover_hint", "{name} has this case. You cover it while they are away."),
    N_("desk_take_over", "Take over"),
    N_("desk_reply_label", "Your message to the person"),
    N_(
        "desk_reply_hint",
        "It is sent as you write it. The person reads {language}; it is not translated.",
    ),
    N_("desk_reply_send", "Send to the person"),
    N_("desk_err_empty", "Write something first."),
    N_("desk_err_newer", "The person has written meanwhile. Read it, then send again."),
    N_(
        "desk_err_lost_claim",
        "This case is no longer yours, or it has changed. Nothing was sent.",
    ),
    N_("desk_err_taken", "Somebody else has taken this case. Nothing was changed."),
    N_("desk_err_choose", "Choose one from the list."),
    N_("desk_err_day", "Choose what the case waits for; for a date, also the day."),
    N_("desk_err_colleague", "This colleague or topic cannot have the case. Choose another."),
    N_(
        "desk_err_consent",
        "Another office gets the case only when the person has agreed. Ask them first.",
    ),
    N_("desk_not_sent", "This was not sent. Copy it if you need it:"),
    N_("desk_err_move", "This is not possible now. The page shows how the case stands."),
    N_("desk_notes", "Internal notes"),
    N_("desk_notes_hint", "Only counsellors read these. They are never sent to the person."),
    N_("desk_note_label", "New internal note"),
    N_("desk_note_save", "Save note"),
    N_("desk_moves", "This case"),
    N_("desk_wait", "Waits for"),
    N_("desk_wait_for", "The case waits for"),
    N_("desk_wait_nothing", "nothing"),
    N_("desk_wait_person", "the person"),
    N_("desk_wait_office", "an office"),
    N_("desk_wait_date", "a date"),
    N_("desk_due_day", "Promised for"),
    N_("desk_cover", "Who covers while you are away"),
    N_("desk_transfer", "Give to somebody else"),
    N_("desk_transfer_hint", "The person is told that somebody else goes on."),
    N_("desk_transfer_to", "To"),
    N_("desk_transfer_do", "Give away"),
    N_("desk_consented", "The person has agreed that another office gets the case"),
    N_("desk_release", "Put back into the queue"),
    N_("desk_release_hint", "It goes back to its old place, and the person is told."),
    N_("desk_release_do", "Put back"),
    N_("desk_close", "Close the case"),
    N_("desk_close_hint", "The person is told. If they write again, the case can open again."),
    N_("desk_close_do", "Close"),
    N_("desk_outcome_answered", "Answered"),
    N_("desk_outcome_referred", "Sent on to another organisation"),
    N_("desk_outcome_appointment", "Appointment made"),
    N_("desk_outcome_no_reply", "The person no longer answers"),
    N_("desk_outcome_not_ours", "Nothing we can help with"),
    N_("desk_outcome_misuse", "Misuse"),
    N_("desk_outcome_cancelled", "Taken back by the person"),
    N_("desk_outcome_expired", "Nobody answered in time"),
    N_("desk_outcome_erased", "The person deleted everything"),
    N_("desk_history", "What happened"),
    N_("desk_earlier_cases", "Earlier cases of this person"),
)
_UNDO = (
    N_("desk_wait_to_send", "Wait 5 seconds, so that I can take it back"),
    N_("desk_undo", "Undo"),
    N_("desk_send_now", "Send now"),
    # Translators: a message that goes out in a few seconds, unless it is taken back.
    N_("desk_fate_held_word", "Waits until the person opens it"),
    N_("desk_fate_held_hours", "Held until {time}: outside the person's hours"),
    N_("desk_fate_waits", "Goes out in a moment"),
    N_("desk_err_too_late", "Too late: the person has this message, or is getting it now."),
    N_("desk_with_notes", "The internal notes go along, too"),
    # Translators: {time} is a time of day, or a date and a time.
    N_("desk_last_wrote", "Last wrote: {time}"),
    N_(
        "desk_parked",
        "Somebody else uses this person's phone now. What you send waits until the person is"
        " back with their code.",
    ),
)
_WITHDRAW = (
    N_("withdraw_wrong", "This is wrong"),
    N_("withdraw_title", "What is wrong?"),
    N_(
        "withdraw_hint",
        "Nobody is told it any more from now on, in any language and in both offices. An editor"
        " checks it and puts it back.",
    ),
    N_("withdraw_nothing", "There is nothing to withdraw here. Tell an editor what is wrong."),
    N_("withdraw_never", "This number is never withdrawn. Tell an editor what is wrong."),
    N_("withdraw_do", "Withdraw"),
    N_("withdraw_done", "Withdrawn. Nobody is told it any more."),
    N_("withdraw_already", "It is withdrawn already."),
    N_("withdraw_why", "Why"),
    N_("withdraw_why_wrong", "It is wrong"),
    N_("withdraw_why_old", "It is out of date"),
    N_("withdraw_why_dead", "Nobody answers there"),
    N_("withdraw_why_closed", "The place is closed"),
    N_("withdraw_list", "Withdrawn facts"),
    N_("withdraw_list_empty", "No fact is withdrawn."),
    N_("withdraw_by", "{name}, {time}"),
    N_("withdraw_restore", "Restore"),
    N_("withdraw_restored", "Restored. People are told it again."),
    N_("withdraw_told", "It was told in these open cases, within 30 days:"),
    N_("withdraw_told_mine", "A fact that was told here is withdrawn"),
)
_PHRASES = (
    N_("desk_find_label", "Find a phrase or an answer"),
    N_("desk_find", "Find"),
    N_("desk_find_group", "Kind of phrase"),
    N_("desk_found", "Found phrases and answers"),
    N_("desk_find_empty", "Nothing found. Try another word."),
    N_("desk_hit_phrase", "Phrase"),
    N_("desk_hit_entry", "Answer"),
    N_("desk_read_it", "Read it in both languages"),
    N_("desk_they_read", "The person reads ({language})"),
    N_("desk_phrase_send", "Send in {language}"),
    N_("desk_fill_in", "Show with these words"),
    N_("desk_not_translated", "Not translated yet: the person would read it in another language."),
    N_("desk_cannot_send", "This answer may not be sent before it is reviewed."),
    # Translators: what a counsellor fills into a phrase.
    N_("desk_field_office", "Name of the office"),
    N_("desk_field_partner", "Name of the organisation"),
    N_("desk_field_minutes", "Minutes"),
    N_("desk_field_days", "Days"),
    N_("desk_field_day", "Day"),
    N_("desk_field_time", "Time"),
    N_("desk_field_topic", "Topic"),
    N_("desk_field_card", "Address of"),
    N_("desk_field_number", "Phone number of"),
    N_("desk_slot_missing", "Fill in the fields first."),
    N_("desk_slot_wrong", "One of the fields cannot be used. Please check it."),
    N_("desk_slot_past", "This day is in the past."),
    N_("desk_slot_withheld", "This address is being checked and cannot be sent now."),
    # Translators: above questions that a program thinks somebody may have asked.
    N_("desk_guess", "Only a guess by the program. The person may have asked:"),
    N_("desk_show_answer", "Show the answer"),
)
# Translators: one line each of what happened to a case; {name} is a counsellor.
_EVENTS = (
    N_("desk_event_requested", "Asked for a person"),
    N_("desk_event_raised", "Became more urgent"),
    N_("desk_event_complained", "Complained about the service"),
    N_("desk_event_cancel_asked", "The person wrote that it is not needed any more"),
    N_("desk_event_cancelled", "Taken back by the person"),
    N_("desk_event_reopened", "Opened again"),
    N_("desk_event_claimed", "{name} took it"),
    N_("desk_event_taken_over", "{name} took it over"),
    N_("desk_event_resent", "{name} sent a message again"),
    N_("desk_event_wait_set", "{name} set what it waits for"),
    N_("desk_event_released", "{name} put it back"),
    N_("desk_event_returned", "Back in the queue: {name} was gone"),
    N_("desk_event_transferred", "{name} gave it to somebody else"),
    N_("desk_event_arrived", "Came from another office"),
    N_("desk_event_left", "Went elsewhere"),
    N_("desk_event_closed", "{name} closed it"),
    N_("desk_event_expired", "Nobody answered in time"),
    N_("desk_event_erased", "The person deleted everything"),
    N_("desk_event_undone", "{name} took a message back"),
    N_("desk_event_resumed", "The person goes on from another place"),
    N_("desk_event_parked", "Somebody else uses the person's phone"),
    N_("desk_event_follows", "The person's language or country changed"),
)
_DATA = (
    N_("desk_data", "Data protection"),
    N_(
        "desk_data_hint", "For somebody who asks for their data, by case number. Each use is noted."
    ),
    N_("desk_data_export", "Copy of the data"),
    N_("desk_data_export_hint", "Everything in the person's conversation, as a file for them."),
    N_("desk_data_export_do", "Get the file"),
    N_("desk_data_erase", "Delete the data"),
    N_(
        "desk_data_erase_hint",
        "Everything of this person is deleted, also the conversation. This cannot be undone.",
    ),
    N_("desk_data_again", "Case number again"),
    N_("desk_data_erase_do", "Delete everything"),
    N_("desk_data_erased", "Everything of this person has been deleted."),
    N_("desk_data_differ", "The two numbers are not the same. Nothing was deleted."),
    N_("desk_data_none", "There is no such case in your office. Nothing was changed."),
)
_ERRORS = (
    N_("desk_err_unreadable", "We could not read this. Please go back and try again."),
    N_("desk_err_signed_out", "You are signed out. Please sign in again."),
    N_("desk_err_refused", "This did not come from our page, so nothing was changed."),
    N_("desk_err_not_found", "This is not here, or it is not yours."),
    N_("desk_err_too_long", "This is too long."),
    N_("desk_err_busy", "Too many windows are open. Please close one."),
    N_("desk_err_away", "The service is away for a moment. Please try again."),
    N_("desk_err_broken", "Something went wrong on our side. Please try again."),
    N_("desk_err_number", "Number of this error: {id}"),
)

_MACHINE = (
    # Translators: stands before a translation that nobody has checked.
    N_("desk_by_machine", "By a machine, may be wrong:"),
)
WORDS: dict[str, Text] = (
    {
        text.key.removeprefix("desk_"): text
        for text in (
            *(*_PAGE, *_QUEUE, *_MINE, *_SEARCH, *_CASE, *_UNDO),
            *(*_PHRASES, *_EVENTS, *_MACHINE, *_WITHDRAW, *_DATA, *_ERRORS),
        )
    }
    | FIGURES_WORDS
    | FILE_WORDS
    | MEDIA_WORDS
)
