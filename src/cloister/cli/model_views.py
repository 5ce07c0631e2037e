"""Models as text: what `cloister model` prints."""

from typing import Any

from cloister.sdk.models import ModelVersion


def name_line(found: dict[str, Any]) -> str:
    """What there is of one name, in a line."""
    registry, asset = found["registry"], found["asset"]
    parts = [found["name"]]
    if registry is not None:
        latest = ", ".join(f"{one['version']} ({one['current_stage']})" for one in registry.get("latest_versions", []))
        parts.append(f"latest {latest or 'none'}")
    if asset is not None:
        newest = asset["properties"]["latestVersion"] or "none"
        parts.append(f"asset {newest}" if registry is not None else f"latest {newest}, an asset alone")
        if asset["properties"]["isArchived"]:
            parts.append("archived")
    return "  ".join(parts)


def version_line(found: ModelVersion) -> str:
    """A version in a line: its stage and aliases, and where only one of the two knows of it, which."""
    parts = [f"{found.name} version {found.version}"]
    if found.registry is None:
        parts.append("an asset alone")
    else:
        aliases = ", ".join(found.registry.get("aliases", []))
        parts.append(f"{found.registry['current_stage']}{f', alias {aliases}' * bool(aliases)}")
        if found.asset is None:
            parts.append("no asset")
    if found.archived:
        parts.append("archived")
    return "  ".join(parts)


def version_text(found: ModelVersion) -> str:
    """What is known of a version, and apart from it what others wrote on it: anybody's word in the tags."""
    registry, asset = found.registry, found.asset
    rows = {"model": f"{found.name} version {found.version}"}
    tags: dict[str, str] = {}
    if registry is not None:
        rows["stage"] = registry["current_stage"]
        rows["aliases"] = ", ".join(registry.get("aliases", [])) or "none"
        rows["run"] = registry.get("run_id") or "none"
        tags |= {tag["key"]: tag["value"] for tag in registry.get("tags", [])}
    else:
        rows["registry"] = "not in MLflow's registry, or not yours to read there: an asset alone, for inputs of jobs"
    if asset is not None:
        held = asset["properties"]
        rows["input"] = f"azureml:{found.name}:{found.version}"
        rows |= {word: held[key] for word, key in (("type", "modelType"), ("files", "modelUri")) if held.get(key)}
        rows["made"] = f"{asset['systemData']['createdAt']} by {asset['systemData']['createdBy']}"
        rows |= {"archived": "yes"} if found.archived else {}
        tags |= held.get("tags") or {}
    else:
        rows["input"] = "none: MLflow's registry alone has it"
    return "\n".join([*aligned(rows, ""), *(["tags", *aligned(tags, "  ")] if tags else [])])


def aligned(rows: dict[str, str], indent: str) -> list[str]:
    """A line for each, the values below each other."""
    width = max(map(len, rows))
    return [f"{indent}{key:<{width}}  {value}" for key, value in rows.items()]
