"""Lines the service adds to an answer. Content never writes them."""

from __future__ import annotations

from bot.messages import N_

# {language} is the name of the language the answer is written in.
LANG_MISSING = N_(
    "lang_missing", "This answer is not ready in your language yet. It is in: {language}."
)
FACT_EXPIRED = N_(
    "fact_expired",
    "A part of this answer is being checked and is not shown. Please ask a counsellor.",
)
THIN_LINE = N_(
    "thin_line", "Our information on this is old or not complete. Please ask before you act."
)
UNVERIFIED_LINE = N_("unverified_line", "This answer is not yet confirmed by the office.")
SOURCE_LINE = N_("source_line", "Source: {source}. Checked on {date}.")
# {source} is a web site or an office, {year} the year of its text.
SOURCE_YEAR_LINE = N_("source_year_line", "Source: {source} ({year}).")
NOT_LEGAL_ADVICE = N_("not_legal_advice", "This is general information, not legal advice.")
