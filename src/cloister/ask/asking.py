"""The answer to a question: the way by reach, the right where one is asked for, one verdict with one trace."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cache, cached_property

from cloister.ask.naming import find_place, find_target
from cloister.ask.question import Question, parse_question
from cloister.ask.rights import aws as aws_rights
from cloister.ask.rights.doors import end_of, right_at
from cloister.ask.rights.holding import Rights
from cloister.ask.rights.needs import Deed
from cloister.ask.rights.permitted import Judge
from cloister.ask.rights.principals import find_principal
from cloister.ask.rights.weighing import all_of
from cloister.ask.standing_in import is_new_instance, with_new_instances
from cloister.errors import Fault, SpecError
from cloister.fabric import lower_aws, lower_azure
from cloister.fabric.fabric import Fabric
from cloister.fabric.lower_azure.published import PublishedTags
from cloister.inventory import aws, azure
from cloister.inventory.clouds import AnyInventory
from cloister.reach.rule_names import with_rule_names
from cloister.reach.way import Reached, reach
from cloister.verdict import Answer, Verdict


class AnyEnvironment(ABC):
    """An environment in whichever cloud: its inventory with its data plane, lowered once for many questions."""

    @property
    @abstractmethod
    def inventory(self) -> AnyInventory:
        """What stands in it."""

    @property
    @abstractmethod
    def fabric(self) -> Fabric:
        """The data plane."""


class Environment(AnyEnvironment):
    """An environment in Azure. `published` is the published list of service tags, where the user has it."""

    def __init__(self, inventory: azure.Inventory, published: PublishedTags | None = None) -> None:
        self._inventory = inventory
        self.published = published

    @property
    def inventory(self) -> azure.Inventory:
        """What stands in it."""
        return self._inventory

    @cached_property
    def fabric(self) -> Fabric:
        """The data plane."""
        return with_rule_names(lower_azure.lower(self.inventory, self.published))

    @cached_property
    def judge(self) -> Judge:
        """Who answers for the right, and joins it with the way."""
        return Judge(self.inventory, Rights(self.inventory), cache(self._leads))

    def _leads(self, place: str, target: str) -> Verdict:
        return _way(self, parse_question(f"{place} -> {target}")).verdict

    @cached_property
    def tomorrow(self) -> "Environment":
        """The same with a compute instance more in each workspace, for questions about one that will be made."""
        return Environment(with_new_instances(self.inventory), self.published)


class AwsEnvironment(AnyEnvironment):
    """An environment in AWS."""

    def __init__(self, inventory: aws.Inventory) -> None:
        self._inventory = inventory

    @property
    def inventory(self) -> aws.Inventory:
        """What stands in it."""
        return self._inventory

    @cached_property
    def fabric(self) -> Fabric:
        """The data plane."""
        return lower_aws.lower(self.inventory)


def environment_of(inventory: AnyInventory, published: PublishedTags | None = None) -> AnyEnvironment:
    """The environment of an inventory."""
    if isinstance(inventory, aws.Inventory):
        return AwsEnvironment(inventory)
    return Environment(inventory, published)


def in_azure(environment: AnyEnvironment, what: str) -> Environment:
    """The environment where it is one in Azure; raises SpecError that says what is told there alone."""
    if isinstance(environment, Environment):
        return environment
    inventory = environment.inventory
    reason = f'is in the cloud "{inventory.cloud}", and {what} told for Azure only'
    mend = "ask for the way alone: PLACE -> TARGET:PORT"
    raise SpecError(Fault(f'environment "{inventory.name}"', reason, mend, inventory.origin.of("cloud")))


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its names resolved, its verdict, and the address to which the target came down (may be empty)."""

    question: str
    place: str
    target: str
    address: str
    verdict: Verdict


def ask(inventory: AnyInventory, question: Question | str) -> Verdict:
    """The verdict on one question."""
    return answer(environment_of(inventory), question).verdict


def answer(environment: AnyEnvironment, question: Question | str) -> Answered:
    """The verdict on one question of many. Raises SpecError where its words mean nothing in the environment."""
    asked = parse_question(question) if isinstance(question, str) else question
    if isinstance(environment, AwsEnvironment) and asked.principal:
        return _in_aws(environment, asked)
    if asked.action:
        return _deed(in_azure(environment, "rights are"), asked)
    if is_new_instance(asked.target):
        environment = in_azure(environment, "what does not stand yet is").tomorrow
    way = _way(environment, asked)
    return (
        replace(way, verdict=_with_right(in_azure(environment, "rights are"), way, asked)) if asked.principal else way
    )


def _deed(environment: Environment, question: Question) -> Answered:
    inventory = environment.inventory
    place = find_place(inventory, environment.fabric, question.place)
    who = find_principal(inventory, question.principal)
    deed = Deed(question.action, question.resource, question.where)
    verdict = environment.judge.permitted(who, place.name, deed)
    return Answered(question.text, place.name, str(deed), "", verdict)


def _in_aws(environment: AwsEnvironment, question: Question) -> Answered:
    """What a role may do at a place: that it acts there, the way, and the right; for a way alone, to read a bucket."""
    inventory, role = environment.inventory, aws_rights.find_role(environment.inventory, question.principal)
    where = question.where or question.target
    asked = (question.action, question.resource) if question.action else ("read", "data")
    right = aws_rights.right_of(inventory, role, aws_rights.request_of(inventory, *asked, where))
    way = _way(environment, replace(question, target=where))
    place = find_place(inventory, environment.fabric, question.place)
    acts = aws_rights.carries(inventory, place.name, role)
    verdict = all_of([acts, way.verdict, right], f"{way.verdict.reason}, and {right.reason}")
    return replace(way, verdict=verdict)


def _way(environment: AnyEnvironment, question: Question) -> Answered:
    inventory, fabric = environment.inventory, environment.fabric
    place = find_place(inventory, fabric, question.place)
    target = find_target(inventory, fabric, question)
    reached = reach(fabric, place, target)
    verdict = _explained(inventory, reached.verdict)
    return Answered(question.text, place.name, target.text, _address_in_words(fabric, reached), verdict)


def _explained(inventory: AnyInventory, verdict: Verdict) -> Verdict:
    """A doubt that comes from a fault of the document, in the words of that fault."""
    step = verdict.first_refusal
    if verdict.answer is not Answer.UNKNOWN or step is None or step.rule is None:
        return verdict
    gap = next((gap for gap in inventory.gaps if step.rule.origin == gap.origin), None)
    if gap is None:
        return verdict
    reason = f"{step.at}: depends on what could not be read: {gap.what}"
    return replace(verdict, reason=reason, mend=gap.mend)


def _address_in_words(fabric: Fabric, reached: Reached) -> str:
    address = reached.address
    if address is None or address.single:
        return str(address.single) if address else ""
    return "a public address" if address.within <= fabric.public else ""


def _with_right(environment: Environment, way: Answered, question: Question) -> Verdict:
    """The way joined with the right to what stands at its end; where no role decides there, the way alone."""
    who = find_principal(environment.inventory, question.principal)
    target = find_target(environment.inventory, environment.fabric, question)
    right = right_at(environment.judge, who, *end_of(environment.fabric, target))
    return all_of([way.verdict, right], f"{way.verdict.reason}, and {right.reason}")
