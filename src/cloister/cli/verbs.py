"""Which verbs there are, where each lives, and its one line of help.

A table, so that `cloister --help` imports no verb, and a light verb never imports the platform.
"""

VERBS: dict[str, tuple[str, str]] = {
    "init": ("cloister.cli.init:init", "Write a blueprint to cloister.yaml."),
    "show": ("cloister.cli.show:show", "Print the environment expanded."),
    "check": ("cloister.cli.check:check", "Judge closure, flow and controls."),
    "ask": ("cloister.cli.ask:ask", "Answer one question with its trace."),
    "who-can": ("cloister.cli.who_can:who_can", "List who can do something, and from where."),
    "pairs": ("cloister.cli.pairs:pairs", "Tell which ports every place reaches at every target."),
    "diff": ("cloister.cli.diff:diff", "Tell what opens and what closes between two environments."),
    "map": ("cloister.cli.map:map_", "Draw the environment with its open and refused ways."),
    "plan": ("cloister.cli.plan:plan", "Plan a Terraform configuration without a cloud, for check to read."),
    "render": ("cloister.cli.render:render", "Write infrastructure as code."),
    "up": ("cloister.cli.up:up", "Run the platform here."),
    "status": ("cloister.cli.status:status", "Show what runs, where, and how it is."),
    "down": ("cloister.cli.down:down", "Stop the platform that runs here."),
    "login": ("cloister.cli.login:login", "Get a token for the other verbs."),
    "job": ("cloister.cli.job:job", "Create, list, show, follow, change and cancel Azure ML v2 jobs."),
    "compute": ("cloister.cli.compute:compute", "Make, list and change computes: named queues for steps."),
    "agent": ("cloister.cli.agent:agent", "Start, list and drain agents: the processes that run steps."),
    "quota": ("cloister.cli.quota:quota", "Set and show quotas on nodes, cores, storage and money."),
    "data": ("cloister.cli.data:data", "Register, list, fetch and trace data."),
    "datastore": ("cloister.cli.datastore:datastore", "Declare, list and forget datastores."),
    "component": ("cloister.cli.component:component", "Register, list and fetch components."),
    "model": ("cloister.cli.model:model", "List and approve registered models."),
    "online-endpoint": ("cloister.cli.online_endpoint:online_endpoint", "Manage and invoke online endpoints."),
    "online-deployment": ("cloister.cli.online_deployment:online_deployment", "Manage deployments of an endpoint."),
    "environment": ("cloister.cli.environment:environment", "Allow packages, and keep environments of jobs."),
    "schedule": ("cloister.cli.schedule:schedule", "Manage and trigger schedules of jobs, and monitors."),
    "user": ("cloister.cli.user:user", "Manage local users."),
    "key": ("cloister.cli.key:key", "Manage access keys, and roles to assume."),
    "policy": ("cloister.cli.policy:policy", "Keep, try and explain policies."),
    "audit": ("cloister.cli.audit:audit", "Search the record of decisions."),
    "bench": ("cloister.cli.bench:bench", "Measure against a named baseline, as ratios."),
}
