"""Who asks: a person, a step of a job, a service of the platform, a workload, or who assumed a role."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["user", "job", "service", "workload", "role"]
_ROLE = "role/"


@dataclass(frozen=True, slots=True)
class Principal:
    """An identity that was authenticated.

    A step of a job is named `job/<job>/<step>` and carries its submitter in `on_behalf_of`; it does not inherit the
    submitter's groups. `on_behalf_of` counts where duties are separated: what a job made, its submitter made.
    A workload, `github:repo:octo/churn:ref:refs/heads/main`, is vouched for by an issuer that the site trusts.
    One of the site's own, `key/nightly`, acts for whoever made its key. A person who assumed a role is
    `role/NAME/SESSION` with the groups of the role, not those of the person, who stands in `on_behalf_of`.
    `tags` are what policies may know of it beside its name, as pairs of key and value; each key stands once.
    """

    name: str
    kind: Kind
    groups: tuple[str, ...] = ()
    on_behalf_of: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.name or not self.name.isprintable():
            message = "a principal needs a printable name"
            raise ValueError(message)
        if self.kind not in get_args(Kind):
            message = f"unknown kind of principal: {self.kind}"
            raise ValueError(message)
        if len(dict(self.tags)) != len(self.tags):
            message = "a tag of a principal has one value"
            raise ValueError(message)
        if self.on_behalf_of and self.kind == "user":
            message = "a user acts for nobody else"
            raise ValueError(message)

    @property
    def persons(self) -> frozenset[str]:
        """The names that answer for what this principal does."""
        return persons_behind(self.name, self.on_behalf_of)

    def __str__(self) -> str:
        return f"{self.name} for {self.on_behalf_of}" if self.on_behalf_of else self.name


def persons_behind(name: str, on_behalf_of: str) -> frozenset[str]:
    """The names that answer for what a principal does: its own, and the one it acts for.

    The name of a role's session answers for nothing: whoever assumes the role chooses it, and could choose another's.
    """
    return frozenset({"" if name.startswith(_ROLE) else name, on_behalf_of} - {""})


def job_step(job: str, step: str, submitter: str) -> Principal:
    """The principal of one step of a job, acting for the person who submitted it."""
    return Principal(name=f"job/{job}/{step}", kind="job", on_behalf_of=submitter)


def service(name: str) -> Principal:
    """The principal of a service of the platform, `service/serving` for example."""
    return Principal(name=f"service/{name}", kind="service")
