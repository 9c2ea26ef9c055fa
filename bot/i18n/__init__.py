"""The one reader of `locales/`: catalogues, rendering, and what a locale is like.

Used by everything that shows a word to somebody. It opens files only in folders it
listed itself; a locale code from outside is looked up in the set of offered ones.

    po          strict reading of one .po file
    wording     what may stand in a text: placeholders, lengths, no typed numbers or links
    plurals     plural forms of a language
    lastgood    the copies that serve when a file has an error
    catalogues  all .po files together, `render` and `fill`
    locales     negotiation, direction, names, formats
"""

from bot.i18n.catalogues import Catalogues, Loader, fill, load, render
from bot.i18n.dates import read_date, western_digits
from bot.i18n.locales import (
    Moment,
    country_name,
    direction,
    format_date,
    format_day,
    format_duration,
    format_moment,
    format_money,
    format_number,
    format_percent,
    isolate,
    language_name,
    negotiate,
    own_name,
)
from bot.i18n.po import Problem

__all__ = [
    "Catalogues",
    "Loader",
    "Moment",
    "Problem",
    "country_name",
    "direction",
    "fill",
    "format_date",
    "format_day",
    "format_duration",
    "format_moment",
    "format_money",
    "format_number",
    "format_percent",
    "isolate",
    "language_name",
    "load",
    "negotiate",
    "own_name",
    "read_date",
    "render",
    "western_digits",
]
