"""The reference page of `cloister.yaml`, written from the models.

`python -m cloister.sources.document.reference > docs/cloister-yaml.md`; a test fails when the page is stale.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from cloister.facts.packs import Pack, aws_packs, packs
from cloister.inventory.intents import AWS_FAMILIES, AWS_GROUPS, FAMILIES, GROUPS
from cloister.sources.aws.document import words as aws_words
from cloister.sources.aws.document.root import Document as AwsDocument
from cloister.sources.blueprints import BLUEPRINTS, starter_text
from cloister.sources.document import words
from cloister.sources.document.intents import FlowsBlock
from cloister.sources.document.root import Document
from cloister.sources.document.words import Block

_HEAD = """# cloister.yaml

Written from the code by `python -m cloister.sources.document.reference > docs/cloister-yaml.md`; a test fails when it
is stale. The same as a JSON Schema, for editors: `src/cloister/sources/cloister.schema.json`; `cloister init` writes
the line that tells your editor where it lies.

## A document

```yaml
{example}
```

`cloister init azure-hub-spoke` writes this one. `cloister show` prints what it comes to with its blueprint.

## Blueprints

{blueprints}

A document that names a blueprint is laid over it: mappings merge key by key, lists and single values replace, and
`null` removes what the blueprint states. Messages and traces name the file and line that wrote a value, be it yours or
the blueprint's (`azure-hub-spoke.yaml:41`).

## What is written how

- YAML 1.2's core schema: `true` and `false` are the only switches; `on`, `yes` and `22:30` are text. No anchors,
  aliases, merge keys or tags; one document a file; no key twice.
- Mappings go by name. A name has letters, digits, dots, dashes and underscores. A subnet is referred to as
  `network/subnet`.
- In rules, a source or destination is a prefix, an address, a service tag such as `AzureMachineLearning`, or `*`.
- Host names are not written here: Cloister derives them from the region, the resource's name and a workspace's id.
- Azure keeps the first four addresses of a subnet and its last. `AzureFirewallSubnet` and `AzureBastionSubnet` are /26
  or larger; every other subnet is /29 or larger.

Unknown keys, references to nothing, address spaces that overlap, addresses outside of their subnet, rules that share a
priority, routes to an address that nothing holds: each is refused with its line and its mend, all of them in one run.

## Groups of places and targets

The flows of an intent, its exceptions, and the places of an approved host may name groups:

| group | what it stands for |
|---|---|
{groups}

In AWS these are:

| group | what it stands for |
|---|---|
{aws_groups}

A resource of AWS that stands in several subnets is a place in each of them, such as `tracking[private-a]`; where two
resources of different kinds share a name, a word for the kind goes before it: `database.mlflow`.

## Packs of intents

Each pack is asked of an environment in which its places stand, unless its row says off. `packs` switches them, off with
a reason; `cloister check --pack NAME` tells one of them in full. A host with a wildcard is asked for by one host that
stands for all. Every row with its source: `pack_traffic.tsv`, `required_traffic.tsv`, `ways_out.tsv` and
`shared_hosts.tsv` in `src/cloister/facts/`.

| pack | side | asked | what it asks | source |
|---|---|---|---|---|
{packs}

Of an environment in AWS these are asked, by the rows of `aws_pack_flows.tsv` and `ways_out.tsv`:

| pack | side | asked | what it asks | source |
|---|---|---|---|---|
{aws_packs}

## Keys

{kinds}

A document is for Azure, or, where it states `cloud: aws`, for AWS.
"""
_KINDS: dict[Any, tuple[str, str]] = {
    words.Name: ("name", "a name as above"),
    words.Text: ("text", "any text that is not empty"),
    words.HostName: ("host name", "such as `blob.core.windows.net`"),
    words.HostNames: ("host names", "such as `pypi.org`, or `*.anaconda.org` for every name below"),
    words.Suffix: ("suffix", "such as `corp.example`, or `.` for all names"),
    words.Addresses: ("list of address", "the only item may stand without its list"),
    words.NameTargets: (
        "list of name server",
        "`10.20.0.4`, or `10.20.0.4:5353`; the only item may stand without its list",
    ),
    words.Yes: ("switch", "`true` or `false`"),
    words.YesOrName: ("switch or name", "`true`, `false`, or the name of one that is declared"),
    words.Version: ("day", "such as `2025-07-01`"),
    words.Count: ("number", "a whole number, not negative"),
    words.Priority: ("number", "100 to 65000"),
    words.SecurityPriority: ("number", "100 to 4096"),
    words.Address: ("address", "such as `10.20.0.4`"),
    words.Prefix: ("prefix", "such as `10.20.0.0/24`"),
    words.Where: ("where", "a prefix, an address, a service tag, or `*`"),
    words.Span: ("addresses", "a prefix, an address, or a range such as `10.0.0.4-10.0.0.9`"),
    words.PrivateRange: ("addresses", "the same, or `IANAPrivateRanges`"),
    words.Proxy: ("address and port", "such as `10.20.0.4:8080`"),
    words.PortNumber: ("number", "1 to 65535"),
    words.Wheres: ("list of where", "the only item may stand without its list"),
    aws_words.Policy: ("policy", "an IAM document: its keys, or JSON text"),
    aws_words.AccountId: ("text", "twelve digits"),
    aws_words.ApiId: ("text", "ten letters and digits"),
    aws_words.Region: ("text", "such as `eu-west-1`"),
    aws_words.ApiPath: ("path", "such as `/api/{proxy+}`"),
    aws_words.ApiMethod: ("method", "`ANY`, `GET`, `POST` and so on"),
    aws_words.RuleNumber: ("number", "1 to 32766"),
    words.Port: ("ports", "`443`, `80-90` or `*`"),
    words.Ports: ("list of ports", "`443`, `80-90` or `*`; the only item may stand without its list"),
}
_ROOTS = (Document, AwsDocument)
_SHOWN_KINDS = (
    words.Name,
    words.HostNames,
    words.Suffix,
    words.Address,
    words.NameTargets,
    words.Prefix,
    words.Span,
    words.Where,
    words.Ports,
    aws_words.Policy,
    aws_words.ApiPath,
)


def reference() -> str:
    """The whole page as Markdown, sections in the order in which a document has them."""
    head = _HEAD.format(
        example=starter_text("azure-hub-spoke").partition("\n")[2].rstrip("\n"),
        blueprints="\n".join(f"- `{name}`: {about}" for name, about in BLUEPRINTS.items()),
        groups="\n".join(f"| `{word}` | {what} |" for word, what in _groups(GROUPS, FAMILIES)),
        aws_groups="\n".join(f"| `{word}` | {what} |" for word, what in _groups(AWS_GROUPS, AWS_FAMILIES)),
        packs="\n".join(_pack(pack) for pack in packs().values()),
        aws_packs="\n".join(_pack(pack) for pack in aws_packs().values()),
        kinds="\n".join(f"- *{_KINDS[kind][0]}*: {_KINDS[kind][1]}" for kind in _SHOWN_KINDS),
    )
    return "\n".join([head, *_block("the document for Azure", Document), *_block("the document for AWS", AwsDocument)])


def _groups(groups: Mapping[str, str], families: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from groups.items()
    yield from ((f"{family}:NAME", what) for family, what in families.items())


def _pack(pack: Pack) -> str:
    return f"| `{pack.name}` | {pack.side} | {pack.asked}: {pack.when} | {pack.what} | {pack.source} |"


def _block(path: str, block: type[Block]) -> Iterator[str]:
    """The table of one block's keys, then those of the blocks inside it."""
    root = block in _ROOTS
    title = path if root else f"`{path}`"
    yield f"### {title[0].upper()}{title[1:]}\n\n{block.__doc__}\n"
    yield "| key | kind | what it is | if not stated |\n|---|---|---|---|"
    inner: dict[type[Block], str] = {}
    # pydantic strips what a type is annotated with; the hints still have it.
    hints = get_type_hints(block, include_extras=True)
    for key, field in block.model_fields.items():
        annotation = hints[key]
        written = field.alias or key
        nested, named = _nested(annotation)
        if nested:
            inner.setdefault(nested, f"{written if root else f'{path}.{written}'}{'.NAME' if named else ''}")
        yield f"| `{written}` | {_kind(annotation)} | {field.description} | {_default(field)} |"
    yield ""
    for nested, inner_path in inner.items():
        yield from _block(inner_path, nested)


def _nested(annotation: Any) -> tuple[type[Block] | None, bool]:  # noqa: ANN401 - a type
    """The block inside, if there is one, and whether there are many of it by name."""
    parts = get_args(annotation)
    if get_origin(annotation) is dict:
        return (parts[1] if _is_block(parts[1]) else None), True
    return next((part for part in parts if _is_block(part)), None), False


def _is_block(annotation: Any) -> bool:  # noqa: ANN401 - a type
    return isinstance(annotation, type) and issubclass(annotation, Block)


def _kind(annotation: Any) -> str:  # noqa: ANN401 - a type
    """How a value is written, in the words of this page."""
    if annotation in _KINDS:
        return _KINDS[annotation][0]
    if _is_block(annotation):
        return "text or mapping" if annotation is FlowsBlock else "mapping"
    if isinstance(annotation, type):
        members = list(annotation) if issubclass(annotation, Enum) else []
        return _words(member.value for member in members) or ("number" if annotation is int else "text")
    return _kind_of_parts(get_origin(annotation), get_args(annotation))


def _kind_of_parts(origin: Any, parts: tuple[Any, ...]) -> str:  # noqa: ANN401 - as above
    if origin is Literal:
        return _words(parts)
    if origin is dict:
        return "mapping by name" if _is_block(parts[1]) else f"mapping of {_kind(parts[0])} to {_kind(parts[1])}"
    if origin in (Union, UnionType):
        return " or ".join(_kind(part) for part in parts if part is not NoneType)
    return f"list of {_kind(parts[0])}" if origin is tuple else _kind(parts[0])


def _words(several: Iterable[Any]) -> str:
    return ", ".join(f"`{word}`" for word in several if word != "")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    default = field.default
    if default is None or default in ((), "") or default == {}:
        return "nothing"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return ", ".join(f"`{item}`" for item in default)
    return f"`{default.value if isinstance(default, Enum) else default}`"


if __name__ == "__main__":
    print(reference())  # noqa: T201 - this is what the command is for
