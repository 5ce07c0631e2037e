import pytest

from cloister.jobs.planning.expressions import (
    ExpressionError,
    Optional,
    OwnInput,
    OwnOutput,
    ParentInput,
    ParentOutput,
    StepOutput,
    fill,
    parse_command,
    whole_reference,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${{inputs.rate}}", OwnInput("rate")),
        ("${{ outputs.model }}", OwnOutput("model")),
        ("${{parent.inputs.rate}}", ParentInput("rate")),
        ("${{parent.outputs.model}}", ParentOutput("model")),
        (" ${{parent.jobs.train.outputs.model}} ", StepOutput("train", "model")),
        ("plain", None),
        ("${{parent.inputs.group.rate}}", ParentInput("group.rate")),
        ("${{inputs.a}} and more", None),
        ("${{inputs.a}}-${{inputs.b}}", None),
        ("$[[ --x ]]", None),
    ],
)
def test_a_value_is_one_reference_or_plain_text(text: str, found: object) -> None:
    assert whole_reference(text) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${{search_space.rate}}", '"search_space.rate" belongs to a sweep job'),
        (
            "${{outputs.a.b}}",
            '"outputs.a.b" is neither inputs.NAME, outputs.NAME, parent.inputs.NAME nor parent.jobs.STEP.outputs.NAME',
        ),
        ("${{}}", '"" is not a path of names joined by dots'),
        ("${{inputs.a b}}", '"inputs.a b" is not a path of names joined by dots'),
        (
            "${{parent.jobs.train}}",
            (
                '"parent.jobs.train" is neither inputs.NAME, outputs.NAME, parent.inputs.NAME'
                " nor parent.jobs.STEP.outputs.NAME"
            ),
        ),
    ],
)
def test_what_no_job_may_use_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        whole_reference(text)
    assert str(caught.value) == reason


def test_a_command_is_parsed_into_its_parts() -> None:
    assert parse_command("run --r ${{inputs.r}} $[[--o ${{inputs.o}}]] > ${{outputs.f}}") == (
        "run --r ",
        OwnInput("r"),
        " ",
        Optional(("--o ", OwnInput("o"))),
        " > ",
        OwnOutput("f"),
    )


@pytest.mark.parametrize(
    ("command", "inputs", "filled"),
    [
        ("run ${{inputs.r}}", {"r": "0.1"}, "run 0.1"),
        ("run $[[--o ${{inputs.o}}]]end", {}, "run end"),
        ("run $[[--o ${{inputs.o}}]]", {"o": "x"}, "run --o x"),
        ("run ${{inputs.r}}", {"r": "${{inputs.r}}"}, "run ${{inputs.r}}"),
        ("no expression $HOME {{x}}", {}, "no expression $HOME {{x}}"),
    ],
)
def test_filling_replaces_once_and_drops_optional_parts(command: str, inputs: dict[str, str], filled: str) -> None:
    assert fill(parse_command(command), inputs, {}) == filled
