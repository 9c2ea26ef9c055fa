"""What is said around the questions of a guided flow; the questions themselves are content."""

from __future__ import annotations

from bot.messages import N_, NP_

YES = N_("flow_yes", "Yes")
NO = N_("flow_no", "No")
UNKNOWN = N_("flow_unknown", "I do not know")
UNSAID = N_("flow_unsaid", "Rather not say")
BACK = N_("flow_back", "Back")
STOP = N_("flow_stop", "Stop")
GO_ON = N_("flow_go_on", "Go on")
START_AGAIN = N_("flow_start_again", "Start again")
ELSEWHERE = N_("flow_elsewhere", "Another country")
PRIVATE_ANSWER = N_("flow_private_answer", "an answer")

# {n} is the number of questions at most.
INTRO = NP_(
    "flow_intro",
    "I ask at most {n} question. I forget your answers at the end. You can stop any time.",
    "I ask at most {n} questions. I forget your answers at the end. You can stop any time.",
)
STEP = N_("flow_step", "Question {n} of {m}")
# {title} is the name of the questions, such as "Is this job offer safe?".
RESUME = N_("flow_resume", "{title} You were at question {n} of {m}. Go on?")
CHOOSE = N_("flow_choose", "I did not understand this answer. Please choose, or use other words.")
CHOOSE_OR_HUMAN = N_(
    "flow_choose_or_human",
    "I still did not understand this answer. Please choose, or talk to a counsellor.",
)
NUMBER_WANTED = N_("flow_number_wanted", "Please write a number from {min} to {max}.")
DATE_WANTED = N_("flow_date_wanted", "Please write a date, for example {example}.")
STOPPED = N_("flow_stopped", "All right, I stopped. Your answers are gone.")
ANSWER_CHANGED = N_("flow_answer_changed", "I changed that answer.")
TIMEOUT = N_("flow_timeout", "Your answers from before are gone. You can start again if you like.")
QUESTIONS_CHANGED = N_(
    "flow_questions_changed",
    "These questions were changed meanwhile, so I cannot go on. Your answers are gone. You can"
    " start again.",
)
NOT_SERVED = N_(
    "flow_not_served",
    "These questions are not checked yet, so I do not ask them today. A counsellor can help you.",
)

LIKELY = N_("outcome_likely", "Likely")
MAYBE = N_("outcome_maybe", "Maybe")
PROBABLY_NOT = N_("outcome_probably_not", "Probably not")
BECAUSE = N_("outcome_because", "These of your answers led to this:")
SAVED_NOTHING = N_(
    "flow_saved_nothing",
    "I have forgotten your answers now. Only what stands in this chat is there as long as the"
    " chat is.",
)
NO_OUTCOME = N_("flow_no_outcome", "I cannot tell from these answers. A counsellor can help you.")

# {flow} is the name of the questions, {outcome} one of "Likely", "Maybe", "Probably not".
SUMMARY_ASK = N_(
    "flow_summary_ask",
    "May I hand a short summary over to the counsellor? It says only this: {flow} {outcome}",
)
SUMMARY_ASK_PLAIN = N_(
    "flow_summary_ask_plain",
    "May I tell the counsellor that you answered these questions? It says only this: {flow}",
)
SUMMARY_YES = N_("flow_summary_yes", "Yes")
SUMMARY_WITHOUT = N_("flow_summary_without", "Without the summary")
SUMMARY_NO = N_("flow_summary_no", "No")
SUMMARY_NOT_SENT = N_("flow_summary_not_sent", "All right. Nobody is told. You can go on asking.")
# Translators: {flow} and {outcome} are codes, such as "avrr-eligibility" and "likely, row 14".
SUMMARY_LINE = N_("flow_summary_line", "For the counsellor: {flow}, {outcome}")
