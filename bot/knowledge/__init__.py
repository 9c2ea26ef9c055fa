"""The one reader of `content/`: entries, danger cards, phrases, flows, facts, directory.

`Knowledge.open(root, var, stage)` gives an object whose `snapshot` is everything the
service may say at one moment. Dialogue, channels and console take the snapshot once per
turn; nobody else opens these files.

    topics, notices   labels of the topics; lines the service adds to an answer
    strict_yaml       YAML as data only
    blocks, entries   content/faq and content/danger
    facts, values     content/facts and content/directory; values of `{names}`
    phrases, slots    content/phrases, and the values that a counsellor puts in
    reader            all of content/, with the last good text of what is broken
    answers           what may be shown: stage, language, facts, notices
    said              a phrase as it is sent
    flow_model, flow_conditions, flow_files, flow_answers
                      content/flows: as data, its `when`, reading it, what may be shown
    snapshot, loader  one state of everything; reading again when a file is saved
    sync              writes locales/: templates, and new texts into every .po
"""

from bot.knowledge.answers import Answer, Bubble, Button, CardAnswer, NumberLine
from bot.knowledge.entries import Card, Entry
from bot.knowledge.facts import Fact, Row
from bot.knowledge.loader import Knowledge
from bot.knowledge.phrases import Phrase
from bot.knowledge.said import NotShown, Said
from bot.knowledge.slots import BadSlot
from bot.knowledge.snapshot import Snapshot
from bot.knowledge.topics import TOPICS
from bot.knowledge.values import Stage

__all__ = [
    "TOPICS",
    "Answer",
    "BadSlot",
    "Bubble",
    "Button",
    "Card",
    "CardAnswer",
    "Entry",
    "Fact",
    "Knowledge",
    "NotShown",
    "NumberLine",
    "Phrase",
    "Row",
    "Said",
    "Snapshot",
    "Stage",
]
