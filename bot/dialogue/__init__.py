"""What to say: the path of one message from the inbox to stored replies.

worker         whose turn is next
turn           one turn: load, decide, speak, save
policy         the ordered rules, pure
steps, scene   what can happen, and the replies it makes
danger         cues that come before everything else
language       which language a message is in
understanding  the parse, by the NLU server or its stand-in
fallback       the words of low confidence
ask            one question without a conversation
"""
