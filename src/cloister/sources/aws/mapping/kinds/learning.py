"""SageMaker: the profiles of domains, and models as places where they are hosted."""

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.taking import taken


def fill_profile(part: Part) -> None:
    """A profile stands in its domain."""
    estate = part.estate
    domain, name = estate.find(part.raw("domain"), "domain"), taken(part, "name")
    if domain is None or domain.path is None:
        return
    wanted = name if isinstance(name, str) else part.name
    path = estate.draft.claim((*domain.path, "user_profiles"), wanted, part.place())
    if part.raw("execution_role") is not None:
        place = part.place("execution_role")
        estate.draft.refer((*path, "execution_role"), part.raw("execution_role"), ("iam_roles",), place)


def fill_model(part: Part) -> None:
    """A model is a place of its own once it is hosted."""
    part.estate.put(part, "kind", "hosting", "role")


FILLS = {"user-profile": fill_profile, "model": fill_model}
