"""What the console says about files; the keys stand as they are: `w("media_show")`."""

from __future__ import annotations

from bot.messages import N_, Text

_TEXTS = (
    N_("media_show", "Show"),
    N_("media_listen", "Listen"),
    N_("media_download", "Download"),
    N_("media_keep", "Keep in the case"),
    N_("media_kept", "Kept in the case"),
    # Translators: read out instead of a picture that a person sent.
    N_("media_picture", "The picture the person sent. If you do not see it, press “Download”."),
    N_("media_fetch_gone", "Telegram does not have this file any more."),
    N_("media_fetch_too_big", "This file is too big to be opened here: 10 MB at most."),
    N_("media_fetch_away", "Telegram did not give us this file just now. Please try again."),
    N_("media_fetch_unsupported", "Files cannot be fetched from this Telegram server."),
    N_("media_fetch_refused", "We do not open this kind of file: it can do harm."),
    N_("media_more", "Send a file or a place"),
    N_("media_file_label", "A picture (JPEG, PNG) or a PDF for the person, 5 MB at most"),
    N_("media_file_send", "Send the file"),
    N_("media_file_types", "Only JPEG, PNG and PDF can be sent."),
    N_("media_file_none", "Please choose a file first."),
    N_("media_place", "Send a place"),
    N_("media_place_address", "Name and address"),
    N_("media_place_point", "Exact place, as latitude and longitude (not needed)"),
    N_("media_place_hint", "Goes out as words with a link to a map."),
    N_("media_place_send", "Send the place"),
    N_("media_err_place", "Please give an address, or a place such as 45.7489, 21.2087."),
)

# What the person reads.
MAP = N_("media_map", "Open the map")

FILE_WORDS: dict[str, Text] = {text.key: text for text in _TEXTS}
