"""The database: the only package that imports SQLAlchemy.

`store.Store` is the door. `inbox` and `outbox` keep the two promises "acknowledged means
stored" and "sent is never said unless it was"; `turns` saves a whole turn in one
transaction; `crypto` seals what people write; `retention` deletes it in time.
Never decides what to answer.
"""

from bot.storage.crypto import KeyProblem, KeyRing, load_keys
from bot.storage.migrate import migrate
from bot.storage.records import (
    Arrival,
    Due,
    Outcome,
    Pending,
    Person,
    Quarantined,
    Receipt,
    Shown,
    TurnAlreadyDone,
    TurnConflict,
    UnreadableRow,
    Vote,
)
from bot.storage.store import StartProblem, Store, open_store

__all__ = [
    "Arrival",
    "Due",
    "KeyProblem",
    "KeyRing",
    "Outcome",
    "Pending",
    "Person",
    "Quarantined",
    "Receipt",
    "Shown",
    "StartProblem",
    "Store",
    "TurnAlreadyDone",
    "TurnConflict",
    "UnreadableRow",
    "Vote",
    "load_keys",
    "migrate",
    "open_store",
]
