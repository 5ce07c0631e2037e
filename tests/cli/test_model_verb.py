from cloister.cli.model import _version_line, _version_text

VERSION = {"name": "churn", "version": "3", "current_stage": "None", "run_id": "r1", "aliases": ["candidate"]}


def test_what_others_wrote_on_a_version_cannot_pass_for_what_the_registry_says() -> None:
    tags = [{"key": "stage", "value": "Production"}, {"key": "approved_by", "value": "ceo"}]
    assert _version_text(VERSION | {"tags": tags}).splitlines() == [
        "model    churn version 3",
        "stage    None",
        "aliases  candidate",
        "run      r1",
        "tags",
        "  stage        Production",
        "  approved_by  ceo",
    ]


def test_a_version_without_tags_or_aliases_says_so() -> None:
    bare = {key: value for key, value in VERSION.items() if key not in ("aliases", "run_id")}
    assert _version_text(bare).splitlines() == [
        "model    churn version 3",
        "stage    None",
        "aliases  none",
        "run      none",
    ]
    assert _version_line(bare) == "churn version 3  None"
    assert _version_line(VERSION) == "churn version 3  None, alias candidate"
