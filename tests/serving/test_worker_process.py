"""A worker's process: what its interpreter sees of the model's folder and of the platform's environment."""

import asyncio
from pathlib import Path

import pytest

from cloister.inventory.azure import Cloud, Inventory
from cloister.origin import Origin
from cloister.platform.home import Home
from cloister.platform.plan import Settings, plan
from cloister.serving.config import RouterConfig
from cloister.serving.process import Started, last_lines, log_path, start_worker
from cloister.serving.values import Deployment, ModelReference
from cloister.serving.wire import Proven


def config_of(root: Path) -> RouterConfig:
    return RouterConfig(
        database_url="sqlite://",
        serving=root,
        sockets=root,
        logs=root,
        gateway_url="http://127.0.0.1:1",
        signing_key=root / "key",
    )


@pytest.mark.parametrize("variable", ["IRRELEVANT", "PYTHONPATH"])
def test_no_file_of_a_model_is_imported_by_its_name(tmp_path: Path, variable: str) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "argparse.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(7)\n")
    config = config_of(tmp_path)
    proven = Proven(Deployment("blue", "churn", ModelReference("churn", version="1")), "1", 1)

    async def ended() -> int:
        worker = await start_worker(Started(proven, model), config, {variable: str(model)})
        try:
            return await worker.ended()
        finally:
            await worker.stop()

    # It gets as far as its own look at the files: there is no manifest.
    assert asyncio.run(ended()) == 2
    assert "its files cannot be read" in last_lines(log_path(config.logs, "churn", "blue"), 2)[0]
    assert not (tmp_path / "ran").exists()


def test_requests_are_answered_before_the_platform_loses_patience(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path / "run")
    inventory = Inventory(name="e", cloud=Cloud.PUBLIC, region="r", origin=Origin("cloister.yaml", 1))
    processes = plan(home, Settings(5000, 5001, home.database_url), inventory, {}).processes
    patience = next(one.stop_within_seconds for one in processes if one.name == "serving")
    assert config_of(tmp_path).drain_seconds < patience
