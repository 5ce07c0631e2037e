"""MLflow's own page, unpatched, in a real browser behind the login, loading nothing from outside."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = [pytest.mark.platform, pytest.mark.browser]
_CHROMIUM = shutil.which("chromium")
# The last five keep the browser itself from calling home.
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Parts of MLflow's page that ask for what the gateway does not serve, and go on without it.
_DONE_WITHOUT = {
    "/ajax-api/2.0/mlflow/users/current",
    "/ajax-api/3.0/mlflow/assistant/config",
    "/ajax-api/3.0/mlflow/assistant/providers",
    "/ajax-api/2.0/mlflow/gateway-proxy",
}


@pytest.mark.skipif(_CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
@pytest.mark.filterwarnings("ignore")  # Playwright leaves its pipes to the interpreter
def test_a_reader_sees_experiments_runs_and_models(running: Running) -> None:
    from playwright.sync_api import Page, Response, expect, sync_playwright  # noqa: PLC0415 - only where it can run

    run = _make_run(running)
    answers: list[Response] = []
    complaints: list[str] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    def log_in(page: Page) -> None:
        page.goto(running.url + "/")
        assert urlsplit(page.url).path == "/cloister/login"
        page.fill("input[name=user]", "rita")
        page.fill("input[name=password]", "not her password")
        page.click("button")
        expect(page.get_by_text("The user or the password is not right.")).to_be_visible()
        page.fill("input[name=user]", "rita")
        page.fill("input[name=password]", running.passwords["rita"])
        page.click("button")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_OPTIONS)
        page = browser.new_page()
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        page.on("response", keep)
        page.on(
            "console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None
        )
        log_in(page)
        page.goto(f"{running.url}/#/experiments/{run['experiment']}/runs")
        expect(page.get_by_text("seen in a browser").first).to_be_visible()
        page.goto(f"{running.url}/#/experiments/{run['experiment']}/runs/{run['run']}")
        expect(page.get_by_role("heading", name="seen in a browser")).to_be_visible()
        expect(page.get_by_text("accuracy").first).to_be_visible()
        page.goto(f"{running.url}/#/experiments/{run['experiment']}/runs/{run['run']}/model-metrics")
        expect(page.get_by_text("accuracy").first).to_be_visible()
        page.goto(f"{running.url}/#/experiments/{run['experiment']}/runs/{run['run']}/artifacts")
        expect(page.get_by_text("note.txt").first).to_be_visible()
        page.goto(f"{running.url}/#/models/seen-in-a-browser")
        expect(page.get_by_role("heading", name="seen-in-a-browser")).to_be_visible()
        page.goto(f"{running.url}/cloister/logout")
        page.click("button")
        page.wait_for_url("**/cloister/login")
        browser.close()

    ours = urlsplit(running.url).netloc
    asked = [(answer.status, urlsplit(answer.url)) for answer in answers]
    assert {url.netloc for _, url in asked if url.scheme not in ("data", "blob")} == {ours}
    refused = {url.path for status, url in asked if status >= 400 and url.path != "/cloister/login"}
    assert refused <= _DONE_WITHOUT
    assert [text for text in complaints if "Content Security Policy" in text] == []


def _make_run(running: Running) -> dict[str, str]:
    api = "/api/2.0/mlflow/"
    name = "seen in a browser"
    with running.http("ada") as http:
        experiment = http.post(api + "experiments/create", json={"name": "browser"}).json()["experiment_id"]
        body = {"experiment_id": experiment, "run_name": name}
        run = http.post(api + "runs/create", json=body).json()["run"]["info"]["run_id"]
        metric = {"run_id": run, "key": "accuracy", "value": 0.9, "timestamp": 1, "step": 0}
        assert http.post(api + "runs/log-metric", json=metric).status_code == 200
        file = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/note.txt"
        assert http.put(file, content=b"a note").status_code == 200
        http.post(api + "registered-models/create", json={"name": "seen-in-a-browser"})
        version = {"name": "seen-in-a-browser", "source": f"runs:/{run}/model", "run_id": run}
        assert http.post(api + "model-versions/create", json=version).status_code == 200
    return {"experiment": experiment, "run": run}


@pytest.mark.skipif(_CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
@pytest.mark.filterwarnings("ignore")  # as above
def test_an_approver_decides_with_a_click(running: Running) -> None:
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - as above

    api = "/api/2.0/mlflow/"
    with running.http("ada") as http:
        http.post(api + "registered-models/create", json={"name": "clicked"})
        experiment = http.post(api + "experiments/create", json={"name": "clicked"}).json()["experiment_id"]
        run = http.post(api + "runs/create", json={"experiment_id": experiment}).json()["run"]["info"]["run_id"]
        for index, key in enumerate(("accuracy", "recall")):
            metric = {"run_id": run, "key": key, "value": 0.9 + index / 40, "timestamp": 1, "step": 0}
            assert http.post(api + "runs/log-metric", json=metric).status_code == 200
        version = {"name": "clicked", "source": f"runs:/{run}/model", "run_id": run}
        assert http.post(api + "model-versions/create", json=version).status_code == 200
        for target in ({"stage": "Production"}, {"alias": "champion"}):
            body = {"model": "clicked", "version": "1", "reason": "better on the new region", **target}
            assert http.post("/cloister/v1/approvals", json=body).status_code == 201
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_OPTIONS)
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(running.url + "/cloister/approvals")
        page.fill("input[name=user]", "abe")
        page.fill("input[name=password]", running.passwords["abe"])
        page.click("button")
        assert urlsplit(page.url).path == "/cloister/approvals"
        asked = page.locator("section", has_text="clicked version 1 to stage Production")
        asked.locator("input[name=comment]").fill("looked at it")
        asked.get_by_text("Approve").click()
        expect(asked).to_have_count(0)
        page.locator("section", has_text="clicked version 1 to alias champion").get_by_text("Reject").click()
        expect(page.locator("section", has_text="clicked version")).to_have_count(0)
        browser.close()
    assert complaints == []
    with running.http("ada") as http:
        found = http.get(api + "model-versions/get", params={"name": "clicked", "version": "1"}).json()
    assert found["model_version"]["current_stage"] == "Production"
    assert found["model_version"].get("aliases", []) == []


@pytest.mark.skipif(_CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
@pytest.mark.filterwarnings("ignore")  # as above
def test_a_narrow_reader_sees_the_run_with_the_versions_that_are_open(running: Running) -> None:
    from playwright.sync_api import Response, expect, sync_playwright  # noqa: PLC0415 - as above

    api = "/api/2.0/mlflow/"
    with running.http("ada") as http:
        experiment = http.post(api + "experiments/create", json={"name": "open-page"}).json()["experiment_id"]
        body = {"experiment_id": experiment, "run_name": "narrowly seen"}
        run = http.post(api + "runs/create", json=body).json()["run"]["info"]["run_id"]
        for name in ("open-page", "shut-page"):
            http.post(api + "registered-models/create", json={"name": name})
            version = {"name": name, "source": f"runs:/{run}/model", "run_id": run}
            assert http.post(api + "model-versions/create", json=version).status_code == 200
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_OPTIONS)
        page = browser.new_page()
        expect.set_options(timeout=30_000)
        page.on("response", keep)
        page.goto(running.url + "/")
        page.fill("input[name=user]", "nick")
        page.fill("input[name=password]", running.passwords["nick"])
        page.click("button")
        page.goto(f"{running.url}/#/experiments")
        expect(page.get_by_text("open-page").first).to_be_visible()
        page.goto(f"{running.url}/#/experiments/{experiment}/runs/{run}")
        expect(page.get_by_role("heading", name="narrowly seen")).to_be_visible()
        expect(page.get_by_text("open-page").first).to_be_visible()
        expect(page.get_by_text("shut-page")).to_have_count(0)
        page.goto(f"{running.url}/#/models/open-page")
        expect(page.get_by_role("heading", name="open-page")).to_be_visible()
        browser.close()
    with running.http("ada") as http:
        for name in ("open-page", "shut-page"):
            http.request("DELETE", api + "registered-models/delete", json={"name": name})
        http.post(api + "experiments/delete", json={"experiment_id": experiment})
    refused = {urlsplit(answer.url).path for answer in answers if answer.status >= 400}
    assert refused <= _DONE_WITHOUT
