"""The steps of the story, one file each, in the order in which they are told."""

from cloister.platform.story import Step
from cloister.platform.story_steps import again, deployment, environment, gate, gateway, monitoring, pipeline, proof

STEPS = (
    Step("environment", "write the environment from its blueprint", environment.run),
    Step("proof", "prove that it is closed and that people can work in it", proof.run),
    Step("gateway", "start the platform and try what each role can and cannot do", gateway.run),
    Step("pipeline", "run an Azure ML pipeline, kill its agent in the middle, see it resume", pipeline.run),
    Step("gate", "hold the model against its threshold, and its maker away from the approval", gate.run),
    Step("deployment", "deploy blue, then green at 10 %, mirror, and roll back", deployment.run),
    Step("monitoring", "collect what is scored, and tell a shifted batch from an unshifted one", monitoring.run),
    Step("again", "Ctrl-C, and start again with everything still there", again.run),
)
