"""Whether a principal at a place can do a deed: each need's way and each need's right, and every way around the roles.

A deed is possible where all of its needs are met. Where roles refuse, it may be possible all the same: with a key that
the principal can have listed, or through something on which it runs code and whose identity may do it: a compute, a
deployment, a cluster, a data factory. One step of such delegation is followed. What a principal could do only by
changing the environment first, such as assigning itself a role, is a note.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cloister.access.azure.definitions import Operation
from cloister.ask.rights.delegates import Delegate, delegates
from cloister.ask.rights.holding import Rights
from cloister.ask.rights.needs import NOBODY, Deed, Need, Task, task_of, words_of
from cloister.ask.rights.principals import Who, identity_of
from cloister.ask.rights.saying import said
from cloister.ask.rights.weighing import all_of, first_of
from cloister.facts.people_actions import WayAroundRoles, ways_around_roles
from cloister.inventory.azure import ContainerRegistry, Inventory, OtherService, StorageAccount
from cloister.origin import Origin
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

Way = Callable[[str, str], Verdict]
"""Whether a place reaches a target, both in the words of a question."""

_BY_ROLE = ("control", "data", "secret", "modes")
_GRANT = Operation("Microsoft.Authorization/roleAssignments/write")
_WRITE_POLICY = Operation("Microsoft.KeyVault/vaults/accessPolicies/write")


@dataclass(frozen=True)
class Judge:
    """Answers for one environment: its rights, and `way` for its network."""

    inventory: Inventory
    rights: Rights
    way: Way

    def permitted(self, who: Who, place: str, deed: Deed) -> Verdict:
        """Whether the principal at the place can do the deed, by whatever way."""
        task = task_of(self.inventory, deed)
        direct = self._direct(who, place, task)
        if any(need.plane in _BY_ROLE for need in task.needs):
            verdict = first_of(direct, self._around(who, place, task))
        else:
            verdict = direct
        notes = (*self._standing(who, place), *self._running(task))
        if verdict.answer is not Answer.ALLOW:
            notes = (*notes, *self._self_service(who, task))
        return replace(verdict, trace=(*verdict.trace, *notes))

    def right(self, who: Who, deed: Deed) -> Verdict:
        """Whether the principal has the rights of a deed, wherever it stands: by roles, policies or keys."""
        task = task_of(self.inventory, deed)
        rights = [self.rights.decide(who, need) for need in task.needs if need.asks_for_a_right]
        own = all_of(rights, f"{who.words} may {deed}")
        keys = ((words, self._key_right(who, task, row)) for words, row in self._keys(task))
        return first_of(own, keys)

    def _direct(self, who: Who, place: str, task: Task) -> Verdict:
        """The ways to the doors, each followed by the rights that are used there."""
        parts: list[Verdict] = []
        for target in dict.fromkeys(need.way for need in task.needs):
            needs = [need for need in task.needs if need.way == target]
            parts += [self._way_for(place, target, needs)] if target else []
            parts += [self.rights.decide(who, need) for need in needs if need.asks_for_a_right]
        return all_of(parts, f"{who.words} at {place} can {task.deed}")

    def _way_for(self, place: str, target: str, needs: list[Need]) -> Verdict:
        verdict = self.way(place, target)
        purpose = ", ".join(dict.fromkeys(need.text for need in needs))
        step = Step(Layer.NEED, target, Outcome.NOTE, f"{place} has to reach it to {purpose}", needs[0].rule)
        return Verdict(verdict.answer, verdict.reason, (step, *verdict.trace), verdict.mend)

    def _around(self, who: Who, place: str, task: Task) -> Iterator[tuple[str, Verdict]]:
        """Every way around the roles that the deed meets, cheapest first."""
        for words, row in self._keys(task):
            yield words, self._with_key(who, place, task, row)
        standing = identity_of(self.inventory, place)
        if standing and who.words != standing.words:
            there = self._direct(standing, place, task)
            reason = f"{who.words} at {place} can {task.deed}" if there.answer is Answer.ALLOW else there.reason
            yield f"as the identity of {place}, where it runs code", replace(there, reason=reason)
        for delegate in delegates(self.inventory):
            yield from self._by_delegate(who, place, task, delegate)

    def _keys(self, task: Task) -> Iterator[tuple[str, WayAroundRoles]]:
        words = words_of(self.inventory, task.where, task.workspace)
        for row in ways_around_roles():
            by_workspace = row.at == "{workspace}" and words["storage"] != task.where
            if row.on == task.on and task.deed.action in row.actions.split() and not by_workspace:
                yield row.words.format_map(words), row

    def _with_key(self, who: Who, place: str, task: Task, row: WayAroundRoles) -> Verdict:
        """The key is listed through one door and used at the deed's own."""
        right = self._key_right(who, task, row)
        if right.answer is Answer.DENY:
            return right
        words = words_of(self.inventory, task.where, task.workspace)
        lister = row.way.format_map(words)
        need = Need(
            lister, "control", row.operation, task.where, "have a key listed", Rule(row.switch, None, row.source)
        )
        doors = [one for one in dict.fromkeys(need.way for need in task.needs) if one]
        ways = [] if row.operation == NOBODY else [self._way_for(place, lister, [need])]
        ways += [self._way_for(place, door, [one for one in task.needs if one.way == door]) for door in doors]
        return all_of([*ways, right], f"{who.words} at {place} can {task.deed}")

    def _key_right(self, who: Who, task: Task, row: WayAroundRoles) -> Verdict:
        """Whether keys are switched on, and whether the principal may have one listed."""
        unread = self.rights.unread(task.where)
        if unread is not None:
            return unread
        on, origin = _switch(self.inventory, task.where, row.switch)
        rule = Rule(row.switch, origin.of(row.switch), row.source)
        if not on:
            return said(Answer.DENY, task.where, f"{row.switch} is off", rule, "", Layer.AUTHENTICATION)
        key = said(Answer.ALLOW, task.where, f"{row.switch} is on: {row.text}", rule, "", Layer.AUTHENTICATION)
        if row.operation == NOBODY:
            return key
        at = row.at.format_map(words_of(self.inventory, task.where, task.workspace))
        return all_of([key, self.rights.by_role(who, Operation(row.operation), at)], f"{who.words} may list a key")

    def _by_delegate(self, who: Who, place: str, task: Task, delegate: Delegate) -> Iterator[tuple[str, Verdict]]:
        """Whoever may run code on something acts as its identity there."""
        own = (delegate.deed.action, delegate.deed.kind) == (task.deed.action, task.deed.kind)
        if own or place == delegate.place or who.words == delegate.identity.words:
            return
        words = f"by way of {delegate.words}, as its identity"
        there = self._as_delegate(task, delegate)
        if there.answer is Answer.DENY:
            yield words, there
            return
        running = task_of(self.inventory, delegate.deed)
        keys = ((key, self._with_key(who, place, running, row)) for key, row in self._keys(running))
        run = first_of(self._direct(who, place, running), keys)
        text = f"code on {delegate.name} acts as {delegate.identity.words}"
        acting = Verdict(
            Answer.ALLOW, text, (Step(Layer.AUTHENTICATION, delegate.name, Outcome.PASS, text, delegate.rule),)
        )
        yield words, all_of([run, acting, there], f"{who.words} at {place} can {task.deed}")

    def _as_delegate(self, task: Task, delegate: Delegate) -> Verdict:
        """What its identity can do from where its code runs; where that is not stated, what it may do."""
        if delegate.place:
            return self._direct(delegate.identity, delegate.place, task)
        right = self.right(delegate.identity, task.deed)
        if right.answer is Answer.DENY:
            return right
        text = f"no deployment of {delegate.name} is stated, so it is not known from where its code would reach"
        return all_of([right, said(Answer.UNKNOWN, delegate.name, text, delegate.rule)], "")

    def _standing(self, who: Who, place: str) -> Iterator[Step]:
        """A managed identity's token is issued to its own machines alone."""
        if who.carriers and place not in who.carriers:
            text = f"its tokens are issued on {', '.join(who.carriers)} only; taken along, one works until it expires"
            yield Step(Layer.AUTHENTICATION, who.words, Outcome.NOTE, text)

    def _running(self, task: Task) -> Iterator[Step]:
        """As whom the code of a job runs."""
        if task.deed.action == "submit" and task.where:
            identity = identity_of(self.inventory, task.where)
            text = f"the job acts as {identity.words}" if identity else "the job acts as nobody: there is no identity"
            yield Step(Layer.AUTHENTICATION, task.where, Outcome.NOTE, text)

    def _self_service(self, who: Who, task: Task) -> Iterator[Step]:
        """What the principal could do after changing the environment."""
        changes = [("assign itself a role that allows it", _GRANT)]
        if any(need.plane == "secret" for need in task.needs):
            changes.append(("write itself an access policy, where these decide", _WRITE_POLICY))
        at = next((need.at for need in task.needs if need.plane in _BY_ROLE), "")
        for words, operation in changes if at else ():
            grant = self.rights.by_role(who, operation, at)
            if grant.answer is Answer.ALLOW:
                text = f"could {words}: {grant.trace[0].text}"
                yield Step(Layer.AUTHORIZATION, at, Outcome.NOTE, text, grant.trace[0].rule)


def _switch(inventory: Inventory, name: str, switch: str) -> tuple[bool, Origin]:
    """Whether a switch of a storage account, registry or cluster is on, and where the resource is written."""
    resources: tuple[StorageAccount | ContainerRegistry | OtherService, ...] = inventory.storage_accounts
    resources += (*inventory.container_registries, *inventory.services)
    resource = next(one for one in resources if one.name == name)
    return bool(getattr(resource, switch)), resource.origin
