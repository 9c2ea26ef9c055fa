"""The desk behind the console: from "I want to talk to a person" to the closed case.

    states    what may happen to a case, and in which state; the only such list
    words     what people are told about their case
    desk      everything a counsellor does, with the words the person gets and who is woken
    hours     when an office is open
    routing   whose case it is and who can take it
    waiting   what is true about how long it takes
    sla       when somebody else has to be told
    notify    telling the staff, without a word of content
    presence  that a counsellor is writing, for a moment
    withdrawals  facts that nobody is told until an editor restores them

Called by console/ (what counsellors press), dialogue/ (what people are told) and timers.
Never decides what the bot answers, and never sees a database: that is `Store.desk`.
"""
