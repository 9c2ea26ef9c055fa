"""K10 at the size of every commit; `tests/soak/` has the night's."""

from __future__ import annotations

import pytest

from tests.faults.random_kills import survive
from tests.faults.service import Service


@pytest.mark.slow
@pytest.mark.fault("K10")
async def test_nothing_is_lost_or_doubled_over_25_kills(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    books = await survive(service, kills=25, messages=1000, per_second=50, people=60, seed=10)
    with capsys.disabled():
        print(f"\n25 kills on {service.database_kind}: {books}")
