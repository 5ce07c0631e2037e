"""The one entrance: a file in, the inventory out. It tells by the content which language the file is written in.

The reader of a language is imported once a file is written in it, so that nobody waits for the others.
"""
# ruff: noqa: PLC0415 - as said above

from dataclasses import replace
from pathlib import Path

from cloister.errors import Fault, SourceError, SpecError
from cloister.inventory.azure import Inventory
from cloister.inventory.clouds import AnyInventory
from cloister.sources.languages import is_cloudformation, is_configuration, may_be_arm
from cloister.sources.merge import lay_over
from cloister.sources.spec import with_blueprint
from cloister.sources.terraform.shape import is_terraform
from cloister.sources.translated import Missing, Translated
from cloister.sources.understanding import (
    Sound,
    SoundAnywhere,
    garbage_left_for_later,
    in_azure,
    strictly,
    understood,
    understood_anywhere,
)
from cloister.sources.written import Written, parse

_MAX_SOURCES = 4
"""How many files may stand on top of each other by `source`: one that names itself ends here."""


@garbage_left_for_later()
def read(path: Path, parameters: Path | None = None) -> Inventory:
    """The environment in Azure that the file at `path` describes.

    `parameters` is a file with the values of a template's parameters.
    Raises SourceError where the file cannot be read, and SpecError with all faults of what it says.
    """
    return strictly(understood(translate(path, parameters=parameters), str(path)))


@garbage_left_for_later()
def read_anywhere(path: Path, parameters: Path | None = None) -> AnyInventory:
    """The same for an environment in whichever cloud."""
    return strictly(understood_anywhere(translate(path, parameters=parameters), str(path)))


@garbage_left_for_later()
def read_sound_part(
    path: Path, export: Path | None = None, parameters: Path | None = None, text: str | None = None
) -> Sound:
    """What can be understood of the file at `path`, an environment in Azure, and its faults.

    `export` tells what was seen of what runs, `parameters` the values of a template's parameters; `text` is read in the
    place of the file where it is given. Raises SourceError where one cannot be read, and SpecError where a fault leaves
    nothing to answer from.
    """
    return in_azure(_sound_part(path, export, parameters, text))


@garbage_left_for_later()
def read_sound_part_anywhere(
    path: Path, export: Path | None = None, parameters: Path | None = None, text: str | None = None
) -> SoundAnywhere:
    """The same for an environment in whichever cloud."""
    return _sound_part(path, export, parameters, text)


def _sound_part(path: Path, export: Path | None, parameters: Path | None, text: str | None) -> SoundAnywhere:
    translated = translate(path, parameters=parameters, text=text)
    return understood_anywhere(_laid_over(translated, _seen(export)) if export else translated, str(path))


def _seen(export: Path) -> Written:
    """What was seen of the running estate, as a document that says nothing else."""
    tree = parse(text_of(export), str(export))
    if not tree.children():
        reason = "is not an export of what runs: it is no mapping, or an empty one"
        raise SpecError(Fault(str(export), reason, "write one as docs/export.md shows", tree.place))
    return Written({"observed": Written(tree.value, tree.place, tree.place)}, tree.key_place, tree.place)


def translate(path: Path, depth: int = 0, parameters: Path | None = None, text: str | None = None) -> Translated:
    """The file at `path` as a cloister document, whatever language it is written in; SourceError and SpecError.

    `parameters` is a file with the values of a template's parameters; `text` is read in the place of the file.
    """
    if text is None and is_configuration(path):
        from cloister.sources.terraform.hcl.reading import configuration
        from cloister.sources.terraform.read import document_of

        return document_of(configuration(path))
    text, file = text_of(path) if text is None else text, str(path)
    if is_terraform(text):
        from cloister.sources.terraform.read import terraform_document

        return terraform_document(text, file)
    if is_cloudformation(text):
        from cloister.sources.cloudformation import reading as cloudformation

        return cloudformation.translate(text, path, cloudformation.given_in(parameters, path))
    if may_be_arm(text, path):
        from cloister.sources.arm import translating as arm

        template = arm.translated_text(text, path, parameters)
        if template is not None:
            return template
    tree = parse(text, file)
    source = tree.children().get("source")
    if source is None or not isinstance(source.value, str):
        return Translated(with_blueprint(tree))
    if "blueprint" in tree.children():
        reason = "stands beside blueprint, and a document can be laid over one thing only"
        raise SpecError(Fault("source", reason, "remove one of the two", source.place))
    if depth == _MAX_SOURCES:
        reason = f"stands on a file that stands on another, more than {_MAX_SOURCES} deep"
        raise SpecError(
            Fault("source", reason, "let it name a plan, a template or a document of its own", source.place)
        )
    return _laid_over(translate(_beside(path, source), depth + 1, parameters), tree)


def _beside(path: Path, source: Written) -> Path:
    """The file that a document stands on: one that lies below the document's folder, or below the working one.

    Whoever checks a document of others may not be made to read, and to tell in faults, what lies elsewhere. Raises
    SpecError.
    """
    named = path.parent / str(source.value)
    folders, found = (path.parent.resolve(), Path.cwd()), named.resolve()
    if not any(found.is_relative_to(folder) for folder in folders):
        reason = "lies outside of the folder of this document, and of the one in which the command runs"
        raise SpecError(Fault("source", reason, "run the command in a folder that holds both", source.place))
    if found.exists() and not (found.is_file() or found.is_dir()):
        raise SpecError(Fault("source", "names a device or a pipe", "name a file", source.place))
    return named


def _laid_over(base: Translated, tree: Written) -> Translated:
    """A document laid over what was read elsewhere; what it states itself is no longer missing."""
    merged = lay_over(base.tree, tree)
    return replace(base, tree=merged, missing=tuple(one for one in base.missing if not _stated(one, tree)))


def _stated(missing: Missing, tree: Written) -> bool:
    here = tree
    for part in missing.path:
        child = here.children().get(str(part))
        if child is None:
            return not here.children()  # a scalar or a list that replaces the whole branch
        here = child
    return True


def _writing(path: Path) -> str:
    """How a file of that kind is written."""
    if path.suffix == ".json":
        return "write a plan with `cloister plan FOLDER --output FILE`, or name another file"
    return "write one with `cloister init azure-hub-spoke`, or name another file"


def text_of(path: Path, missing: str = "") -> str:
    """The text of the file at `path`. Raises SourceError where it cannot be read; `missing` is the mend of no file."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise SourceError(Fault(str(path), "there is no such file", missing or _writing(path))) from error
    except UnicodeDecodeError as error:
        raise SourceError(Fault(str(path), f"is not UTF-8 text (byte {error.start})", "save it as UTF-8")) from error
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise SourceError(Fault(str(path), reason, "name a file that you may read")) from error
