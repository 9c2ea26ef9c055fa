"""Guided flows: a few questions, one outcome with its reasons, nothing kept.

`content/flows/<id>.yaml` says what is asked; this package runs it. Everything here is
plain data and functions; `bot/dialogue/flow_*.py` speaks.

    model        what a flow is (read by `bot/knowledge/flow_files.py`), and loading one
    conditions   whether a `when` holds for the answers given so far
    engine       the next question, the answer, the way back, the outcome and its reasons
    hearing      own words as an answer
    search       every way through a flow, exactly
    lint         faults of a flow that only show when it is run
    find_office  which rows of the directory are nearest; cities: which city is meant
    drawing      a flow as a picture and as an indented list
"""
