"""What principals may do in one environment: its role assignments, access policies, platform roles, and local keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from cloister.access.azure.assignments import DenyAssignment, RoleAssignment
from cloister.access.azure.built_in import built_in_roles
from cloister.access.azure.decision import Asked, decide
from cloister.access.azure.definitions import Operation, Plane, RoleDefinition
from cloister.access.azure.scopes import Scope
from cloister.access.decision import Request
from cloister.access.decision import decide as decide_by_policy
from cloister.access.principals import Principal
from cloister.access.roles import policies_of
from cloister.ask.rights.beside import beside_roles
from cloister.ask.rights.needs import NOBODY, Need
from cloister.ask.rights.principals import Who
from cloister.ask.rights.saying import said
from cloister.ask.rights.weighing import all_of
from cloister.facts.tables import behaviours
from cloister.inventory.azure import Inventory, KeyVault
from cloister.inventory.azure.placement import resource_paths, scope_path
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_SECTIONS = ("principals", "groups", "role_definitions", "role_assignments", "deny_assignments")
_MODES = ("aad_token", "key", "aml_token")
_READER = "Storage Blob Data Reader"
_MOVES = "mlflow:SetRegisteredModelAlias"


@dataclass(frozen=True)
class Rights:
    """The rights in one environment, turned into the values of `access` once for many questions."""

    inventory: Inventory

    def decide(self, who: Who, need: Need) -> Verdict:
        """Whether the principal has the right that a need asks for."""
        unread = self.unread(need.at)
        if unread is not None:
            return unread
        if need.plane == "gateway":
            return self._by_platform(who, need)
        if need.plane == "local":
            return self._by_key(need)
        if need.plane == "modes":
            return self._by_any_mode(who, need)
        vault = next((one for one in self.inventory.key_vaults if one.name == need.at.partition("/")[0]), None)
        if need.plane == "secret" and vault and not vault.rbac_authorization:
            return _by_access_policy(who, need, vault)
        plane = Plane.CONTROL if need.plane == "control" else Plane.DATA
        verdict = self.by_role(who, Operation(need.operation, plane), need.at)
        return beside_roles(self.inventory, need, verdict)

    def path_of(self, scope: str) -> tuple[str, ...] | None:
        """The path of a scope below the subscription; None where the environment has no such scope."""
        return scope_path(self.inventory, scope, self._paths)

    @cached_property
    def _paths(self) -> Mapping[str, tuple[str, ...]]:
        return resource_paths(self.inventory)

    def unread(self, at: str) -> Verdict | None:
        """The doubt about every right at a resource, where it or what decides about rights could not be read."""
        name = at.partition("/")[0]
        gaps = (gap for gap in self.inventory.gaps if gap.section in _SECTIONS or gap.name == name)
        gap = next(gaps, None)
        if gap is None:
            return None
        text = f"depends on what could not be read: {gap.what}"
        return said(Answer.UNKNOWN, at, text, Rule(gap.section, gap.origin), gap.mend)

    def by_role(self, who: Who, operation: Operation, at: str) -> Verdict:
        """Whether a role lets the principal do the operation at a resource, or a part of one."""
        if not self.inventory.role_assignments:
            text = f"no role assignment is stated, so it is not known who may {operation}"
            mend = "state role_assignments, or that there are none that matter with one that is harmless"
            return said(Answer.UNKNOWN, at, text, None, mend)
        path = self.path_of(at)
        if path is None:
            return said(Answer.UNKNOWN, at, f"it is not known where {at} stands", None, "")
        return decide(Asked(who.holders, operation, Scope(path)), self._assignments, self._denials)

    @cached_property
    def _assignments(self) -> tuple[RoleAssignment, ...]:
        return tuple(self._of_assignments())

    def _of_assignments(self) -> Iterator[RoleAssignment]:
        custom = {role.name: self._custom(role.name) for role in self.inventory.role_definitions}
        for one in self.inventory.role_assignments:
            path = self.path_of(one.scope)
            if path is not None:
                yield RoleAssignment(
                    name=one.name,
                    principal=one.principal,
                    role=custom.get(one.role) or built_in_roles().get(one.role) or one.role,
                    scope=Scope(path),
                    condition=one.condition or "",
                    eligible=one.eligible,
                    origin=one.origin,
                )

        yield from self._of_endpoints()

    def _of_endpoints(self) -> Iterator[RoleAssignment]:
        """What Azure assigns to the identity that an online endpoint has of its own: its image and its model."""
        for endpoint in self.inventory.online_endpoints:
            workspace = self.inventory.workspace_of(endpoint)
            if workspace is None or endpoint.kind != "managed" or endpoint.identity != "SystemAssigned":
                continue
            for role, name in (("AcrPull", workspace.container_registry), (_READER, workspace.storage_account)):
                path = self.path_of(name) if name else None
                if path is not None:
                    yield RoleAssignment(
                        name=f"that Azure makes for endpoint {endpoint.name}",
                        principal=f"identity:{endpoint.name}",
                        role=built_in_roles()[role],
                        scope=Scope(path),
                        origin=endpoint.origin.of("identity"),
                    )

    def _custom(self, name: str) -> RoleDefinition:
        role = next(role for role in self.inventory.role_definitions if role.name == name)
        paths = (self.path_of(scope) for scope in role.assignable_scopes)
        return RoleDefinition(
            name=role.name,
            actions=role.actions,
            not_actions=role.not_actions,
            data_actions=role.data_actions,
            not_data_actions=role.not_data_actions,
            assignable_scopes=tuple(Scope(path) for path in paths if path is not None),
        )

    @cached_property
    def _denials(self) -> tuple[DenyAssignment, ...]:
        found = ((one, self.path_of(one.scope)) for one in self.inventory.deny_assignments)
        return tuple(
            DenyAssignment(
                name=one.name,
                principals=one.principals,
                excluded=one.excluded,
                actions=one.actions,
                not_actions=one.not_actions,
                data_actions=one.data_actions,
                not_data_actions=one.not_data_actions,
                scope=Scope(path),
                here_only=one.here_only,
                origin=one.origin,
            )
            for one, path in found
            if path is not None
        )

    def _by_platform(self, who: Who, need: Need) -> Verdict:
        """The policy documents of the roles that the principal's groups have on the platform decide."""
        if not self.inventory.groups:
            return said(Answer.UNKNOWN, need.at, "no group with a role on the platform is stated", None, "state groups")
        role_of = {group.name: group.role for group in self.inventory.groups}
        principal = Principal(who.words, "user", who.platform_groups)
        verdict = decide_by_policy(policies_of(principal, role_of), Request(principal, need.operation, need.at))
        return Verdict(verdict.answer, verdict.reason, (*self._memberships(who, need), *verdict.trace), verdict.mend)

    def _memberships(self, who: Who, need: Need) -> Iterator[Step]:
        for group in self.inventory.groups:
            if group.name in who.platform_groups:
                text = f"{who.words} has role {group.role} on the platform, by group {group.name}"
                rule = Rule(f"group {group.name}", group.origin.of("role"))
                yield Step(Layer.AUTHORIZATION, need.at, Outcome.NOTE, text, rule)
        if not who.platform_groups:
            text = f"{who.words} is in no group that has a role on the platform"
            yield Step(Layer.AUTHORIZATION, need.at, Outcome.NOTE, text)
        if need.operation == _MOVES:
            text = "nobody approves a version of their own making; who made which version shows when it is asked for"
            yield Step(Layer.AUTHORIZATION, need.at, Outcome.NOTE, text, Rule("separation of duties"))

    def _by_any_mode(self, who: Who, need: Need) -> Verdict:
        """An endpoint takes tokens of Entra ID, keys or its own tokens; where which is not stated, all must agree."""
        operations = dict(zip(_MODES, need.operation.split(), strict=True))
        name = need.at.partition("/")[2]
        endpoint = next((one for one in self.inventory.online_endpoints if one.name == name), None)
        if endpoint is not None:
            if endpoint.kind == "kubernetes" and endpoint.auth_mode == "aad_token":
                fact = behaviours()["kubernetes-login"]
                rule = Rule(fact.name, endpoint.origin.of("auth_mode"), fact.source)
                return said(Answer.UNKNOWN, need.at, fact.text, rule, "set auth_mode to key or aml_token")
            verdict = self.by_role(who, Operation(operations[endpoint.auth_mode]), need.at)
            text = f"the endpoint authenticates by {endpoint.auth_mode}"
            rule = Rule("auth_mode", endpoint.origin.of("auth_mode"))
            step = Step(Layer.AUTHENTICATION, need.at, Outcome.NOTE, text, rule)
            return replace(verdict, trace=(step, *verdict.trace))
        modes = [self.by_role(who, Operation(operation), need.at) for operation in operations.values()]
        if len({mode.answer for mode in modes}) == 1:
            joined = all_of(modes, modes[0].reason)
            return joined if joined.answer is Answer.ALLOW else modes[0]
        text = "it is not stated how the endpoint authenticates: by roles, by a key, or by a token that is handed out"
        doubt = said(Answer.UNKNOWN, need.at, text, None)
        notes = tuple(replace(step, outcome=Outcome.NOTE) for mode in modes for step in mode.trace)
        return replace(doubt, trace=(*notes, *doubt.trace))

    def _by_key(self, need: Need) -> Verdict:
        """A machine's own keys and passwords, of which an inventory knows the switch and not the holders."""
        compute = next((one for one in self.inventory.computes if one.name == need.at), None)
        if need.operation == NOBODY or compute is None:
            text = f"whoever holds a key or password of {need.at} comes in, and who does is not stated"
            return said(Answer.UNKNOWN, need.at, text, None, "", Layer.AUTHENTICATION)
        rule = Rule(need.operation, compute.origin.of(need.operation))
        if compute.local_auth:
            text = "local authentication is on: whoever holds a key comes in, and who does is not stated"
            mend = f"set local_auth: false on {need.at}"
            return said(Answer.UNKNOWN, need.at, text, rule, mend, Layer.AUTHENTICATION)
        text = "local authentication is off: no key and no password opens it"
        return said(Answer.DENY, need.at, text, rule, "", Layer.AUTHENTICATION)


def _by_access_policy(who: Who, need: Need, vault: KeyVault) -> Verdict:
    """A vault in which roles do not decide; a role on its data counts for nothing there."""
    rule = Rule("access_policies", vault.origin.of("access_policies"))
    if not vault.access_policies:
        text = "its access policies decide, not roles, and they are not stated"
        mend = f"set rbac_authorization: true on {vault.name}, or state its access_policies"
        return said(Answer.UNKNOWN, need.at, text, Rule(rule.name, vault.origin.of("rbac_authorization")), mend)
    wanted = need.operation.split("/")[-2].removesuffix("Secret")
    for holder, permissions in vault.access_policies:
        if holder in who.holders and wanted in permissions:
            text = f"an access policy lets {holder} {wanted} secrets"
            return said(Answer.ALLOW, need.at, text, rule)
    text = f"no access policy lets {who.words} {wanted} secrets, and roles do not count in this vault"
    return said(Answer.DENY, need.at, text, rule, f"set rbac_authorization: true on {vault.name} and assign a role")
