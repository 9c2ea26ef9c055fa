"""The words of the manager's figures, under their keys without `desk_`."""

from __future__ import annotations

from bot.messages import N_, NP_, Text

FIGURES_WORDS: dict[str, Text] = {
    text.key.removeprefix("desk_"): text
    for text in (
        N_("desk_figures", "Figures"),
        N_(
            "desk_figures_hint",
            "Times count while the office is open. Groups of fewer than five people are not shown.",
        ),
        N_("desk_figures_days", "Days"),
        N_("desk_figures_show", "Show"),
        N_("desk_figures_now", "Now"),
        N_("desk_figures_total", "All together"),
        N_("desk_figures_few", "Too few cases in this time to show figures."),
        N_("desk_figures_asked", "Asked"),
        N_("desk_figures_answered", "Answered"),
        N_("desk_figures_median", "First answer: half within"),
        N_("desk_figures_p90", "First answer: nine of ten within"),
        N_("desk_figures_missed", "Late or without an answer"),
        N_("desk_figures_waiting", "Waiting"),
        N_("desk_figures_claimed", "With a counsellor"),
        N_("desk_figures_longest", "Waits longest"),
        N_("desk_figures_by_office", "By office"),
        N_("desk_figures_by_language", "By language"),
        N_("desk_figures_by_topic", "By topic"),
        N_("desk_figures_no_topic", "Without a topic"),
        N_("desk_figures_outcomes", "How cases ended"),
        N_("desk_figures_votes", "Answers of the program that helped"),
        # Translators: {count} of {of} people, {percent} without the sign.
        N_("desk_figures_share", "{count} of {of} ({percent} %)"),
        NP_("desk_figures_last", "The last {n} day", "The last {n} days"),
    )
}
