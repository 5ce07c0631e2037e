"""Step: write the environment from its blueprint, and read it back."""

from collections.abc import Callable

from cloister.platform.story import Context, expect
from cloister.platform.story_steps.calling import call
from cloister.platform.story_steps.gateway import begin
from cloister.sources.reading import read

BLUEPRINT = "azure-hub-spoke"


def run(context: Context, say: Callable[[str], None], /) -> Context:
    """`cloister init` writes a file that reads back with everything that a closed environment is made of."""
    call(context, "init", BLUEPRINT)
    expect(str(context.spec), "cloister init did not write it", holds=context.spec.is_file())
    inventory = read(context.spec)
    parts = {
        "networks": inventory.networks,
        "firewalls": inventory.firewalls,
        "private endpoints": inventory.private_endpoints,
        "private DNS zones": inventory.private_dns_zones,
        "workspaces": inventory.workspaces,
        "computes": inventory.computes,
        "sites on-premises": inventory.on_premises,
        "groups": inventory.groups,
    }
    for name, found in parts.items():
        expect(BLUEPRINT, f"has no {name}", holds=bool(found))
    say(", ".join(f"{len(found)} {name}" for name, found in parts.items()))
    # The platform of this environment starts while the next step proves it; the step after that waits for it.
    return begin(context)
