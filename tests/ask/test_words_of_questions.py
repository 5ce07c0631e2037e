"""What the words of a question mean in an environment: full names, short ones, and near misses."""

import pytest

from cloister.ask.asking import Environment, answer
from cloister.errors import SpecError
from cloister.verdict import Answer, Layer


@pytest.mark.parametrize(
    ("question", "place", "target", "address"),
    [
        ("ml/compute -> workspace:443", "ml/compute", "workspace:443", "10.20.0.4"),
        ("compute -> workspace", "ml/compute", "workspace:443", "10.20.0.4"),
        ("training -> workspace/notebooks", "training", "workspace/notebooks:443", "10.20.0.5"),
        ("training -> workspace/inference", "training", "workspace/inference:443", "10.20.0.6"),
        ("training -> storage", "training", "storage:443", "10.20.0.7"),
        ("training -> storage/file", "training", "storage/file:445", "10.20.0.8"),
        ("training -> key-vault", "training", "key-vault:443", "10.20.0.9"),
        ("training -> container-registry", "training", "container-registry:443", "10.20.0.10"),
        ("training -> registry/data", "training", "registry/data:443", "10.20.0.11"),
        ("on-premises -> workspace", "office", "workspace:443", "10.20.0.4"),
        ("bastion -> jump-host:3389", "bastion", "jump-host:3389", "10.10.1.4"),
        ("ci-agent -> notebook:443", "ci-agent", "notebook:443", "10.20.0.4"),
        ("training -> notebook:22", "training", "notebook:22", "10.20.1.10"),
        ("training -> 10.20.1.10:22", "training", "10.20.1.10:22", "10.20.1.10"),
        ("training -> pypi.org:443", "training", "pypi.org:443", "a public address"),
        ("training -> internet:443", "training", "internet:443", "a public address"),
        ("jump-host -> compute:22", "jump-host", "compute:22", ""),
    ],
)
def test_words_are_resolved(hub_spoke: Environment, question: str, place: str, target: str, address: str) -> None:
    answered = answer(hub_spoke, question)
    assert (answered.place, answered.target, answered.address) == (place, target, address)


@pytest.mark.parametrize(
    ("question", "thing", "reason", "mend"),
    [
        ("traning -> workspace:443", 'place "traning"', "is not in the environment", "did you mean training?"),
        (
            "training -> workspce:443",
            'target "workspce"',
            "is not in the environment",
            "did you mean workspace or workspace/api or workspace/cert?",
        ),
        (
            "training -> storage/blub",
            'target "storage/blub"',
            "is not in the environment",
            "did you mean storage/blob or storage/table or storage/web?",
        ),
        ("training -> pypi.org", 'target "pypi.org"', "has no usual port", 'say which, for example "pypi.org:443"'),
        ("training -> jump-host", 'target "jump-host"', "has no usual port", 'say which, for example "jump-host:443"'),
    ],
)
def test_words_that_mean_nothing_are_told(
    hub_spoke: Environment, question: str, thing: str, reason: str, mend: str
) -> None:
    with pytest.raises(SpecError) as refusal:
        answer(hub_spoke, question)
    (fault,) = refusal.value.faults
    assert (fault.thing, fault.reason, fault.mend) == (thing, reason, mend)


def test_a_short_word_that_may_mean_two_things_is_told(published: Environment) -> None:
    with pytest.raises(SpecError) as refusal:
        answer(published, "ci-agent -> my_acr:443")
    (fault,) = refusal.value.faults
    assert (fault.thing, fault.reason) == ('place "ci-agent"', "may mean agent00, agent01")


def test_the_right_is_asked_for_where_the_way_is_open(hub_spoke: Environment) -> None:
    verdict = answer(hub_spoke, "group:readers at jump-host: promote model/churn").verdict
    assert (verdict.answer, verdict.trace[-1].layer) == (Answer.DENY, Layer.AUTHORIZATION)


def test_where_there_is_no_way_the_right_does_not_matter(hub_spoke: Environment) -> None:
    verdict = answer(hub_spoke, "group:admins at internet: promote model/churn").verdict
    assert verdict.answer is Answer.DENY
    assert (
        verdict.reason == "workspace: refuses: public network access is off, and the caller comes to its public address"
    )
