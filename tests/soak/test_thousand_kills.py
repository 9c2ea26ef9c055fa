"""K10 at the night's size: `make soak`. PUNTE_SOAK_KILLS and PUNTE_SOAK_SEED change it."""

from __future__ import annotations

import os

import pytest

from tests.faults.conftest import api, nursery, service  # noqa: F401
from tests.faults.random_kills import survive
from tests.faults.service import Service

KILLS = int(os.environ.get("PUNTE_SOAK_KILLS", "1000"))
SEED = int(os.environ.get("PUNTE_SOAK_SEED", "1000"))


@pytest.mark.soak
@pytest.mark.fault("K10")
async def test_nothing_is_lost_or_doubled_over_a_thousand_kills(
    service: Service,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    # As many messages as make the killing last: about 1.3 s for each life.
    books = await survive(
        service, kills=KILLS, messages=KILLS * 10, per_second=8, people=60, seed=SEED
    )
    with capsys.disabled():
        print(f"\n{KILLS} kills on {service.database_kind}, seed {SEED}: {books}")
