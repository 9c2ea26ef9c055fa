"""What people read about files, on the page; the keys stand as they are: `words("media_send")`."""

from __future__ import annotations

from bot.messages import N_, Attachment, Kind, Text

# Translators: read on small phones by people in need. Short, plain, nobody is blamed.
_TEXTS = (
    N_("media_attach", "Send a photo or a file"),
    N_("media_send", "Send the file"),
    N_("media_hint", "A photo, a document or a voice recording, 5 MB at most."),
    N_("media_retry", "Try again"),
    N_(
        "media_too_big",
        "This file is too big: 5 MB is the most we can take. Please send a photo of it, or a"
        " smaller file.",
    ),
    N_("media_no_empty", "This file is empty. Please choose another one."),
    N_(
        "media_no_type",
        "We cannot take this kind of file. A photo, a PDF, a text document or a voice recording"
        " works.",
    ),
    N_(
        "media_no_two_in_one",
        "There is a second file hidden in this one, so we did not take it. Please send a new photo"
        " of it.",
    ),
    N_("media_no_pixels", "This picture is too large. Please send a smaller photo."),
    N_(
        "media_no_packed",
        "This document has other files packed in it, so we did not take it. Please send it as a"
        " PDF or as a photo.",
    ),
    N_("media_no_damaged", "This file seems to be damaged. Please send a new photo of it."),
    N_(
        "media_closed",
        "You can send files once you have asked for a counsellor. This one was not stored.",
    ),
    N_(
        "media_full",
        "You have sent many files within an hour. This one was not stored. Please write what is"
        " in it, or send it in an hour.",
    ),
    N_(
        "media_busy",
        "Many people are sending files at this moment. Please try again in a minute.",
    ),
    N_("media_gone", "This file is not here any more."),
    # Translators: {size} is a size, such as “120 KB”.
    N_("media_sent_photo", "Photo, {size}"),
    N_("media_sent_voice", "Voice message, {size}"),
    N_("media_sent_document", "Document, {size}"),
    N_("media_get_photo", "Download the picture ({size})"),
    N_("media_get_document", "Download the document ({size})"),
    N_("media_kb", "{n} KB"),
    N_("media_mb", "{n} MB"),
)

MEDIA_WORDS: dict[str, Text] = {text.key: text for text in _TEXTS}


def size_of(file: Attachment) -> Text:
    """Rounded up: nothing that is there has 0 KB."""
    kilobytes = -(-file.size // 1024)
    if kilobytes < 1000:
        return MEDIA_WORDS["media_kb"].having(n=kilobytes)
    return MEDIA_WORDS["media_mb"].having(n=round(file.size / 1024 / 1024, 1))


def sent(kind: Kind) -> Text:
    known = kind if kind in (Kind.PHOTO, Kind.VOICE) else Kind.DOCUMENT
    return MEDIA_WORDS[f"media_sent_{known}"]


def to_get(kind: Kind) -> Text:
    known = kind if kind is Kind.PHOTO else Kind.DOCUMENT
    return MEDIA_WORDS[f"media_get_{known}"]
