"""What the pictures of guided flows say besides the flow's own words."""

from __future__ import annotations

from bot.messages import N_, Text

_TEXTS = (
    N_("flowdraw_asked_if", "Only if {condition}"),
    N_("flowdraw_ends_if", "If {condition}"),
    N_("flowdraw_ends_early", "At once, if {condition}"),
    N_("flowdraw_else", "In every other case"),
    N_("flowdraw_question", "Question {n}"),
    N_("flowdraw_outcome", "Outcome {n}"),
    N_("flowdraw_points", "points: {n}"),
    N_("flowdraw_marks", "marked: {marks}"),
    N_("flowdraw_added", "Also, if {condition}: {text}"),
    N_("flowdraw_card", "Shows the danger card: {card}"),
    N_("flowdraw_next", "Then: {targets}"),
    N_("flowdraw_is", "{question} = {options}"),
    N_("flowdraw_between", "{what} from {min} to {max}"),
    N_("flowdraw_at_least", "{what} at least {min}"),
    N_("flowdraw_at_most", "{what} at most {max}"),
    N_("flowdraw_all_points", "points"),
    N_("flowdraw_count", "answers {names}"),
    N_("flowdraw_country", "country = {countries}"),
    N_("flowdraw_fact", "{name} = {values}"),
    N_("flowdraw_and", "{one} and {other}"),
    N_("flowdraw_or", "{one} or {other}"),
    N_("flowdraw_not", "not ({condition})"),
    N_("flowdraw_always", "always"),
    N_("flowdraw_title", "Picture of the questions: {title}"),
    N_("flowdraw_none", "There are no guided questions yet."),
    N_("flowdraw_list", "The same as a list"),
    N_("flowdraw_about", "topic: {topic}, owner: {owner}"),
    # Translators: {flow} and {outcome} are codes of the questions and of what they led to.
    N_("flowdraw_handed", "Handed over: {flow}, {outcome}"),
)

WORDS: dict[str, Text] = {text.key.removeprefix("flowdraw_"): text for text in _TEXTS}
