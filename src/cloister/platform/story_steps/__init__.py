"""The steps of the story, one file each, in the order in which they are told."""

from cloister.platform.story import Step
from cloister.platform.story_steps import again, environment, gateway, proof

STEPS = (
    Step("environment", "write the environment from its blueprint", environment.run),
    Step("proof", "prove that it is closed and that people can work in it", proof.run),
    Step("gateway", "start the platform and try what each role can and cannot do", gateway.run),
    Step("again", "Ctrl-C, and start again with everything still there", again.run),
)
