"""REST APIs: resources, methods, integrations, authorizers and stages, each a resource of its own."""

from collections.abc import Iterator

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.taking import listed, taken
from cloister.sources.declared import Reference, Value, at
from cloister.sources.written import Path

_DEEPEST = 40
_ROOT = ("RootResourceId", "root_resource_id")


def fill_api(part: Part) -> None:
    """Its kind of endpoint, and the id that texts about it are made with."""
    estate = part.estate
    kinds = listed(taken(part, "endpoint_types"))
    if kinds:
        estate.put(part, "endpoint_type", kinds[0], "endpoint_types")
    for attribute in ("body", "body_at"):
        if part.raw(attribute) is not None and part.path is not None:
            place = part.place(attribute)
            estate.draft.miss((*part.path, "resources"), "stands in an OpenAPI document, which is not read", place)
    spelt = estate.spell(Reference(part.declared.address, "Ref"))
    if isinstance(spelt, str):
        estate.put(part, "api_id", spelt, "endpoint_types")


def fill_policy(part: Part) -> None:
    """The resource policy, stated apart."""
    api = part.estate.find(part.raw("api"), "rest-api")
    if api is None:
        part.estate.homeless(part, "api", "whom it lets in is not judged", "rest-api", key="policy")
        return
    part.estate.put(api, "policy", taken(part, "policy"))


def fill_method(part: Part) -> None:
    """A method stands under the whole path of its resource."""
    path = _path_of_method(part)
    if path is None:
        part.estate.tell(
            part, "belongs to a resource that the input does not describe", "who may call it is not judged"
        )
        return
    draft = part.estate.draft
    for attribute in ("authorization", "api_key_required"):
        draft.put((*path, attribute), taken(part, attribute), part.place(attribute))
    authorizer = part.estate.find(part.raw("authorizer"), "api-authorizer")
    if authorizer is not None:
        draft.put((*path, "authorizer"), authorizer.name, part.place("authorizer"))
    for integration in part.items("integration"):
        _integrate(integration, path)


def fill_integration(part: Part) -> None:
    """Where a method leads, stated apart."""
    path = _path_of_method(part)
    if path is not None:
        _integrate(part, path)


def _integrate(part: Part, method: Path) -> None:
    draft, path = part.estate.draft, (*method, "integration")
    for attribute in ("type", "connection_type", "uri"):
        draft.put((*path, attribute), taken(part, attribute), part.place(attribute))
    if part.raw("vpc_link") not in (None, ""):
        draft.refer((*path, "vpc_link"), part.raw("vpc_link"), ("vpc_links",), part.place("vpc_link"))


def _path_of_method(part: Part) -> Path | None:
    api = part.estate.find(part.raw("api"), "rest-api")
    where = _whole_path(part, part.raw("resource"))
    if api is None or api.path is None or where is None:
        return None
    method = str(taken(part, "method")).upper()
    return (*api.path, "resources", where, "methods", method)


def _whole_path(part: Part, value: Value) -> str | None:
    """The path of a resource from the root, such as /api/{proxy+}; None where it is not told."""
    parts: list[str] = []
    for _ in range(_DEEPEST):
        if isinstance(value, Reference) and value.attribute in _ROOT:
            return "/" + "/".join(reversed(parts))
        resource = part.estate.find(value, "api-resource")
        name = taken(resource, "path_part") if resource else None
        if resource is None or not isinstance(name, str):
            return None
        parts.append(name)
        value = resource.raw("parent")
    return None


def fill_authorizer(part: Part) -> None:
    """An authorizer stands in its API."""
    api = part.estate.find(part.raw("api"), "rest-api")
    if api is None or api.path is None:
        return
    draft = part.estate.draft
    path = draft.claim((*api.path, "authorizers"), part.name, part.place(), (part.declared.address,))
    for attribute in ("type", "function", "identity_source"):
        draft.put((*path, attribute), taken(part, attribute), part.place(attribute))
    draft.put((*path, "result_ttl_in_seconds"), taken(part, "ttl"), part.place("ttl"))
    pools = taken(part, "user_pools")
    if pools is not None:
        names = part.estate.words(listed(pools), "cognito_user_pools")
        draft.put((*path, "user_pools"), names, part.place("user_pools"))


def fill_stage(part: Part) -> None:
    """A stage stands in its API."""
    api = part.estate.find(part.raw("api"), "rest-api")
    if api is None or api.path is None:
        return
    path = _stage(part, api)
    part.estate.draft.put((*path, "access_log_destination"), taken(part, "access_log"), part.place("access_log"))
    for setting in listed(part.raw("settings")):
        if at(setting, "ResourcePath") in ("/*", "*") and at(setting, "HttpMethod") == "*":
            for attribute, written in _SETTINGS.items():
                part.estate.draft.put((*path, attribute), at(setting, written), part.place("settings"))


_SETTINGS = {
    "throttling_rate_limit": "ThrottlingRateLimit",
    "throttling_burst_limit": "ThrottlingBurstLimit",
    "data_trace_enabled": "DataTraceEnabled",
}


def _stage(part: Part, api: Part) -> Path:
    draft, name = part.estate.draft, taken(part, "stage")
    path = draft.claim((*(api.path or ()), "stages"), name if isinstance(name, str) else part.name, part.place())
    draft.know(path, (part.declared.address,))
    return path


def fill_deployment(part: Part) -> None:
    """A deployment that names a stage makes it."""
    api = part.estate.find(part.raw("api"), "rest-api")
    if api is not None and api.path is not None and isinstance(taken(part, "stage"), str):
        _stage(part, api)


def fill_settings(part: Part) -> None:
    """Settings for all methods of a stage, stated apart."""
    if taken(part, "path") != "*/*":
        return
    draft = part.estate.draft
    for path in _stages(part):
        draft.put((*path, "throttling_rate_limit"), taken(part, "rate"), part.place("rate"))
        draft.put((*path, "throttling_burst_limit"), taken(part, "burst"), part.place("burst"))
        draft.put((*path, "data_trace_enabled"), taken(part, "trace"), part.place("trace"))


def _stages(part: Part) -> Iterator[Path]:
    """The stage that is meant: the one named, of the API that is meant."""
    api, name = part.estate.find(part.raw("api"), "rest-api"), part.raw("stage")
    stage = part.estate.find(name, "api-stage")
    word = taken(stage, "stage") if stage else name
    if api is not None and api.path is not None and isinstance(word, str):
        yield (*api.path, "stages", word)


def fill_web_acl(part: Part) -> None:
    """A web ACL that stands before a stage."""
    stage = part.estate.find(part.raw("resource"), "api-stage")
    path = stage.path if stage else None
    if path is not None:
        part.estate.draft.put((*path, "web_acl"), taken(part, "acl"), part.place("acl"))


FILLS = {
    "rest-api": fill_api,
    "api-policy": fill_policy,
    "api-method": fill_method,
    "api-integration": fill_integration,
    "api-authorizer": fill_authorizer,
    "api-stage": fill_stage,
    "api-deployment": fill_deployment,
    "api-settings": fill_settings,
    "web-acl-association": fill_web_acl,
}
