"""A Spark step: the same script, by `spark-submit` on the cores of the step's own machine."""

import re
import shlex
from dataclasses import replace

from cloister.jobs.environments.curated import CURATED
from cloister.jobs.planning.job import Step
from cloister.jobs.planning.plan import PlannedEnvironment
from cloister.jobs.reading.environments import environment_of
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.steps import Written, common

# The runtime that Azure ML offers now (https://learn.microsoft.com/azure/machine-learning/apache-spark-azure-ml-concepts,
# read 2026-11); a step may name another.
_DEFAULT_RUNTIME = "3.4"
_RUNTIME = re.compile(r"\d+\.\d+(\.\d+)?")
# Sizes of a cluster, which one machine does not have.
_CLUSTER = ("spark.executor.instances", "spark.dynamicAllocation.")


def spark_step(written: Written, findings: Findings) -> Step:
    """The step as a command: spark-submit with the conf, the files and the arguments that are written."""
    thing = written.thing
    step = common(written, findings, resources="spark_resources")
    parts = [_file_list("--py-files", written, "py_files"), _file_list("--jars", written, "jars")]
    parts += [_file_list("--files", written, "files"), _file_list("--archives", written, "archives")]
    entry = _entry(written, findings)
    words = ["spark-submit", "--master", "local[*]", *_conf(written, findings), *(w for part in parts for w in part)]
    arguments = _nearest(written, "args")
    command = " ".join([*(shlex.quote(word) for word in [*words, *entry]), arguments]).strip()
    findings.note(f"{thing}: spark: spark-submit on the cores of one machine, local[*]; Java has to be on it")
    return replace(step, command=command, environment=_environment(written, findings))


def _nearest(written: Written, key: str) -> str:
    return next((part.text(key).strip() for part in written.parts if part.text(key)), "")


def _conf(written: Written, findings: Findings) -> list[str]:
    """The `--conf` words: what the step says over what its component says."""
    conf: dict[str, object] = {}
    for part in reversed(written.parts):
        conf.update(part.part("conf").values)
    words: list[str] = []
    for key, value in conf.items():
        if key.startswith(_CLUSTER):
            findings.note(f"{written.thing}: conf.{key}: there is one machine; its cores share the work")
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        words += ["--conf", f"{key}={text}"]
    return words


def _file_list(option: str, written: Written, key: str) -> list[str]:
    for part in written.parts:
        files = part.get(key)
        if isinstance(files, list) and files:
            return [option, ",".join(str(file) for file in files)]
        if isinstance(files, str) and files:
            return [option, files]
    return []


def _entry(written: Written, findings: Findings) -> list[str]:
    """The script, or the class in the first jar."""
    part = next((part for part in written.parts if part.part("entry").values), written.component)
    entry = part.part("entry")
    if file := entry.text("file"):
        return [file]
    jars = next((part.get("jars") for part in written.parts if part.get("jars")), None)
    if (name := entry.text("class_name")) and isinstance(jars, list) and jars:
        return ["--class", name, str(jars[0])]
    findings.refuse(written.thing, "has no entry", "name the script: entry: {file: main.py}", part.origin("entry"))
    return []


def _environment(written: Written, findings: Findings) -> PlannedEnvironment:
    """The step's environment with pyspark of its runtime in it."""
    runtime = next(
        (p.part("resources").text("runtime_version") for p in written.parts if p.part("resources").values), ""
    )
    if runtime and not _RUNTIME.fullmatch(runtime):
        mend = f"write a version such as {_DEFAULT_RUNTIME}"
        origin = written.step.origin("resources", "runtime_version")
        findings.refuse(written.thing, f'there is no Spark runtime "{runtime}"', mend, origin)
        runtime = ""
    found = None
    for part in written.parts:
        found = found or environment_of(part, findings, written.thing)
    environment = found or PlannedEnvironment()
    if environment.reference or environment.name in CURATED:
        findings.note(f"{written.thing}: spark: pyspark has to be in the environment")
        return environment
    major, minor, *_ = (runtime or _DEFAULT_RUNTIME).split(".")
    lines = environment.requirements
    if not any(re.split(r"[=<>~!\[ ]", line)[0].lower() == "pyspark" for line in lines):
        lines = (*lines, f"pyspark~={major}.{minor}.0")
    return replace(environment, requirements=lines)
