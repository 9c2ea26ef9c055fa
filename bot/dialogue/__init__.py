"""What to say: the path of one message from the inbox to stored replies.

worker         whose turn is next
turn           one turn: load, decide, speak, save
policy         the ordered rules, pure
steps, scene   what can happen, and the replies it makes
commands       what a slash starts
buttons        what is pressed; `actions` packs it
danger, cards  cues that come before everything else, and the numbers they lead to
consent        what may be kept
handoff        asking for a counsellor, waiting, going on after the end
intake         the questions meanwhile
held           while a counsellor answers: silence, and what still works
language       which language a message is in
understanding  the parse, by the NLU server or its stand-in
fallback       the words of low confidence
ask            one question without a conversation
"""
