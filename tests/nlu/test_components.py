"""The Rasa project itself: its components, its two programs, and that Rasa agrees with both."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.nlu_client import Address, NluClient
from bot.training import Model, Trainer, child_environment, python_of, training_yaml
from tests.conftest import ROOT

NLU = ROOT / "nlu"
EXAMPLES = {
    "minimum-wage": {"en": ("what is the minimum wage", "lowest salary", "how much is base pay")},
    "asylum-where": {"en": ("where do i ask for asylum", "i want to be a refugee")},
    "out-of-scope": {"en": ("who won the match", "play music", "recipe for soup")},
}
PORT_FILE = "port"

pytestmark = [
    pytest.mark.nlu,
    pytest.mark.slow,
    pytest.mark.skipif(not (NLU / ".venv" / ".installed").exists(), reason="Rasa not installed"),
]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python_of(NLU), *arguments],
        cwd=NLU,
        env={**child_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_components_do_what_they_say() -> None:
    here = Path(__file__).parent
    result = run("-m", "unittest", "in_rasas_python", PYTHONPATH=f"{here}{os.pathsep}{NLU}")
    assert result.returncode == 0, result.stderr[-4000:]
    assert "Ran " in result.stderr


def test_rasa_accepts_the_graph() -> None:
    """`rasa train nlu` validates what our quicker trainer does not."""
    program = (
        "import rasa.engine.validation as v, rasa.shared.utils.io as io\n"
        "from rasa.engine.recipes.graph_recipe import GraphV1Recipe as R\n"
        "from rasa.shared.data import TrainingType as T\n"
        "config = io.read_config_file('config.yml')\n"
        "v.validate(R().graph_config_for_recipe(config, {}, training_type=T.NLU))\n"
        "print('accepted')"
    )
    result = run("-c", program, PYTHONPATH=str(NLU))
    assert result.stdout.splitlines()[-1:] == ["accepted"], result.stderr[-2000:]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Trained twice: the second training finds every embedding in its cache."""
    trainer = Trainer(tmp_path_factory.mktemp("var"), NLU)
    lookups = {"country:HU": ("Hungary", "Magyarország")}
    asyncio.run(trainer.train(trainer.prepare(training_yaml(EXAMPLES, {}))))
    return asyncio.run(trainer.train(trainer.prepare(training_yaml(EXAMPLES, lookups))))


@pytest.fixture
async def address(model: Model, unused_tcp_port: int) -> AsyncIterator[Address]:
    process = await asyncio.create_subprocess_exec(
        python_of(NLU),
        *("serve.py", "--port", str(unused_tcp_port)),
        *("--models", model.path.parent, "--model", model.path),
        cwd=NLU,
        env=child_environment(PUNTE_NLU_TOKEN="right"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    address = Address(f"http://127.0.0.1:{unused_tcp_port}", "right")
    client = NluClient(lambda: address, lambda: EXAMPLES, timeout_s=20)
    async with asyncio.timeout(120):
        while not await client.probe():
            assert process.returncode is None
            await asyncio.sleep(0.2)
    await client.close()
    yield address
    process.kill()
    await process.wait()


async def ask(method: str, url: str, body: object | None = None) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=20) as http:
        return await http.request(method, url, json=body)


async def test_the_server_keeps_the_contract_of_its_stand_in(
    address: Address, model: Model
) -> None:
    client = NluClient(lambda: address, lambda: EXAMPLES, timeout_s=20)
    assert await client.probe()
    parse = await client.parse("lowest salary in Magyarországon", "en")
    assert parse.intents[0][0] == "minimum-wage"
    assert [(e.kind, e.value) for e in parse.entities] == [("country", "HU")]
    await client.close()

    assert (await ask("GET", f"{address.url}/status")).status_code == 401
    assert (await ask("GET", f"{address.url}/status?token=wrong")).status_code == 401
    status = await ask("GET", f"{address.url}/status?token=right")
    assert status.json()["model_file"] == model.path.name

    parse_url = f"{address.url}/model/parse?token=right"
    for body in ({"text": 7}, {}, [], {"text": "x" * 40_000}):
        assert 400 <= (await ask("POST", parse_url, body)).status_code < 500

    model_url = f"{address.url}/model?token=right"
    theirs = {"model_file": str(model.path), "sha256": model.sha256}
    assert (await ask("PUT", model_url, theirs)).status_code == 204
    for wrong in (
        {**theirs, "sha256": "0" * 64},
        {**theirs, "model_file": "/etc/passwd"},
        {"model_server": {"url": "http://example.invalid"}},
    ):
        assert (await ask("PUT", model_url, wrong)).status_code == 400


async def test_an_error_of_the_server_repeats_nothing_of_the_text(address: Address) -> None:
    answer = await ask(
        "POST", f"{address.url}/model/parse?token=right", {"text": ["canary mattress"]}
    )
    assert json.loads(answer.text) == {"status": "failure"}
