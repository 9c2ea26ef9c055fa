"""Counts for operators. No label names a person, and none is fine enough to be one."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()

EVENTS = Counter("punte_events_total", "Stored platform events", ["channel"], registry=REGISTRY)
REFUSED = Counter(
    "punte_webhook_refused_total", "Webhook calls refused", ["status"], registry=REGISTRY
)
TURNS = Counter("punte_turns_total", "Turns taken", ["channel"], registry=REGISTRY)
TURN_SECONDS = Histogram(
    "punte_turn_seconds",
    "From stored event to stored replies",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 10),
    registry=REGISTRY,
)
SENT = Counter("punte_sends_total", "Attempts to deliver a reply", ["result"], registry=REGISTRY)
RASA = Gauge("punte_understanding_rasa", "1 while the NLU server answers", registry=REGISTRY)
PROBLEMS = Gauge("punte_content_problems", "Problems in content and locales", registry=REGISTRY)
SWEPT = Counter("punte_rows_expired_total", "Rows deleted at their date", registry=REGISTRY)


def exposition() -> bytes:
    return generate_latest(REGISTRY)
