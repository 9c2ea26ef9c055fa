"""One small flow without a fault, with everything a flow can have."""

from __future__ import annotations

from bot.flows import model
from bot.flows.model import Flow
from bot.knowledge.facts import Fact
from bot.knowledge.flow_files import Refused
from bot.knowledge.values import Values

PATH = "content/flows/room-check.yaml"
GOOD = """\
id: room-check
plan: FX
risk: L
topic: housing
owner: editor
source: [X-1]
review_every: 90
reviewed_on: null
title: Is this room safe to rent?
label: Check a room
intro: I ask up to {n} short questions.
first: threat
questions:
  - id: country
    kind: country
    ask: Which country are you in?
  - id: threat
    kind: yes-no
    ask: Does the owner threaten you?
    options:
      - id: "yes"
        marks: [critical]
        points: 4
        because: The owner threatens you.
  - id: paid
    kind: yes-no
    ask: Did you pay before you saw the room?
    options:
      - id: "yes"
        points: 3
        because: You paid before you saw it.
      - id: unknown
        points: 1
  - id: people
    kind: number
    ask: How many people live there?
    min: 1
    max: 12
  - id: contract
    kind: choice
    ask: Do you have a contract?
    skip: true
    when: {country: ro}
    options:
      - id: paper
        label: On paper
        words: |
          written
          signed
      - id: spoken
        label: Only spoken
        points: 2
        marks: [weak]
        because: Nothing is written.
outcomes:
  - id: danger
    row: 1
    early: true
    when: {threat: "yes"}
    say: [You do not have to stay there.]
    next: [card:violence, human]
    priority: 1
    case: open
  - id: crowded
    row: 2
    when: {people: {min: 9}}
    result: maybe
    say: [That is many people for one flat.]
    because: none
    reason: Many people live there.
  - id: unsafe
    row: 3
    when: {points: {min: 5}, fact: {common_switch: running}}
    result: probably-not
    say: [Please do not pay more.]
    add:
      - when: {country: ro}
        say: In Romania ask for a contract.
    next: [entry:common-about, flow:room-check]
  - id: doubtful
    row: 4
    when:
      any:
        - {count: {mark: [weak, critical], min: 1}}
        - {count: {option: unknown, min: 2}}
        - {paid: "yes"}
    result: maybe
    say: [Ask more before you pay.]
  - id: fine
    row: 5
    result: likely
    say: [We see no warning sign.]
    because: [paid]
"""

SWITCH = Fact(
    id="X-1",
    kind="text",
    value="running",
    source="seed",
    source_year="2026",
    confidence="high",
    state="unverified",
)
VALUES = Values.of({"common_switch": SWITCH}, {})


def read(text: str = GOOD) -> Flow | Refused:
    return model.load(PATH, text.encode())


def flow(text: str = GOOD) -> Flow:
    found = read(text)
    assert isinstance(found, Flow), [str(problem) for problem in found.problems]
    return found
