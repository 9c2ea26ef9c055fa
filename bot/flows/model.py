"""A guided flow as data; the files are read by `bot/knowledge/flow_files.py`."""

from bot.knowledge.flow_conditions import (
    ALWAYS,
    COUNTRIES,
    COUNTRY,
    AllOf,
    AnyOf,
    Bounds,
    Condition,
    Count,
    CountryIs,
    FactIs,
    Given,
    Not,
    NumberIn,
    Points,
    leaves,
    questions_in,
)
from bot.knowledge.flow_files import read
from bot.knowledge.flow_model import (
    ALL,
    MARKED,
    NO,
    NONE,
    UNKNOWN,
    UNSAID,
    YES,
    Flow,
    FlowFile,
    Line,
    Option,
    Outcome,
    Question,
    flow_of,
    schema,
)

load = read


def mentions_country(question: Question) -> bool:
    return question.when is not None and COUNTRY in questions_in(question.when)


__all__ = [
    "ALL",
    "ALWAYS",
    "COUNTRIES",
    "COUNTRY",
    "MARKED",
    "NO",
    "NONE",
    "UNKNOWN",
    "UNSAID",
    "YES",
    "AllOf",
    "AnyOf",
    "Bounds",
    "Condition",
    "Count",
    "CountryIs",
    "FactIs",
    "Flow",
    "FlowFile",
    "Given",
    "Line",
    "Not",
    "NumberIn",
    "Option",
    "Outcome",
    "Points",
    "Question",
    "flow_of",
    "leaves",
    "load",
    "mentions_country",
    "questions_in",
    "read",
    "schema",
]
