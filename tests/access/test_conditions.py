"""Conditions: one row for each fact of an operator."""

import pytest

from cloister.access.conditions import Condition, Context

_STAGE = {"mlflow:Stage": ("Production",)}
_TAGS = {"mlflow:Stage": ("team", "cost")}


@pytest.mark.parametrize(
    ("operator", "values", "context", "holds"),
    [
        ("StringEquals", ("Production",), _STAGE, True),
        ("StringEquals", ("production",), _STAGE, False),
        ("StringEquals", ("Staging", "Production"), _STAGE, True),
        ("StringEquals", ("Prod*",), _STAGE, False),
        ("StringEquals", ("Production",), {}, False),
        ("StringEqualsIfExists", ("Production",), {}, True),
        ("StringEqualsIfExists", ("Staging",), _STAGE, False),
        ("StringEqualsIgnoreCase", ("production",), _STAGE, True),
        ("StringNotEquals", ("Production",), _STAGE, False),
        ("StringNotEquals", ("Staging",), _STAGE, True),
        ("StringNotEquals", ("Staging", "Production"), _STAGE, False),
        ("StringNotEquals", ("Staging",), {}, True),
        ("StringNotEqualsIgnoreCase", ("production",), _STAGE, False),
        ("StringLike", ("Prod*",), _STAGE, True),
        ("StringLike", ("Prod?ction",), _STAGE, True),
        ("StringLike", ("prod*",), _STAGE, False),
        ("StringLike", ("Prod",), _STAGE, False),
        ("StringNotLike", ("Prod*",), _STAGE, False),
        ("StringNotLike", ("Stag*",), _STAGE, True),
        ("Null", ("true",), {}, True),
        ("Null", ("true",), {"mlflow:Stage": ()}, True),
        ("Null", ("true",), _STAGE, False),
        ("Null", ("false",), _STAGE, True),
        # Several values meet nothing without a word for how they are meant.
        ("StringEquals", ("team",), _TAGS, False),
        ("StringNotEquals", ("other",), _TAGS, False),
        ("ForAnyValue:StringEquals", ("team",), _TAGS, True),
        ("ForAnyValue:StringEquals", ("other",), _TAGS, False),
        ("ForAnyValue:StringEquals", ("team",), {}, False),
        ("ForAnyValue:StringEqualsIfExists", ("team",), {}, False),
        ("ForAnyValue:StringNotEquals", ("team",), _TAGS, True),
        ("ForAnyValue:StringNotEquals", ("team", "cost"), _TAGS, False),
        ("ForAnyValue:StringNotEquals", ("team",), {}, False),
        ("ForAllValues:StringEquals", ("team",), _TAGS, False),
        ("ForAllValues:StringEquals", ("team", "cost", "other"), _TAGS, True),
        ("ForAllValues:StringEquals", ("team",), {}, True),
        ("ForAllValues:StringEquals", ("team",), {"mlflow:Stage": ()}, True),
        ("ForAllValues:StringNotLike", ("t*",), _TAGS, False),
        ("ForAllValues:StringNotLike", ("x*",), _TAGS, True),
    ],
)
def test_texts_and_sets(operator: str, values: tuple[str, ...], context: Context, holds: bool) -> None:
    assert Condition(operator, "mlflow:Stage", values).holds(context) is holds


@pytest.mark.parametrize(
    ("operator", "value", "found", "holds"),
    [
        ("Bool", "true", "TRUE", True),
        ("Bool", "true", "false", False),
        ("Bool", "false", "no", False),
        ("NumericEquals", "5", "5.0", True),
        ("NumericEquals", "-5", "5", False),
        ("NumericNotEquals", "5", "5", False),
        ("NumericNotEquals", "5", "many", True),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThan", "10", "few", False),
        ("NumericLessThan", "10", "1e1", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "9.99", "10", True),
        ("NumericGreaterThan", "9", "10000000000000000000000001", True),
        ("NumericGreaterThanEquals", "10", "9.9", False),
        ("DateEquals", "2026-11-26T09:00:00Z", "2026-11-26T10:00:00+01:00", True),
        ("DateEquals", "2026-11-26", "2026-11-26T00:00Z", True),
        ("DateEquals", "1795683600", "2026-11-26T09:00:00Z", True),
        ("DateNotEquals", "2026-11-26", "2026-11-26T00:00:00.5Z", True),
        ("DateNotEquals", "2026-11-26", "yesterday", True),
        ("DateLessThan", "2026-12", "2026-11-30T23:59:59Z", True),
        ("DateLessThan", "2026-11-26", "yesterday", False),
        ("DateLessThanEquals", "2026-11-26", "2026-11-26", True),
        ("DateGreaterThan", "2026-11-26", "2026-11-26T00:00:01Z", True),
        ("DateGreaterThanEquals", "2026-11-26", "2026-11-25", False),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("IpAddress", "10.9.9.9/8", "10.1.2.3", True),
        ("IpAddress", "10.0.0.0/8", "11.1.2.3", False),
        ("IpAddress", "10.1.2.3", "10.1.2.3", True),
        ("IpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", True),
        ("IpAddress", "2001:db8::/32", "2001:db8:1::5", True),
        ("IpAddress", "fe80::/10", "fe80::1%eth0", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("IpAddress", "0.0.0.0/0", "-", False),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
        ("NotIpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", False),
        ("NotIpAddress", "10.0.0.0/8", "2001:db8::1", True),
        ("NotIpAddress", "10.0.0.0/8", "-", True),
        ("ArnEquals", "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a:b", True),
        ("ArnLike", "arn:*:iam::1:role/?", "arn:aws:iam::1:role/a", True),
        ("ArnLike", "arn:*:role/a", "arn:aws:iam::1:role/a", None),
        ("ArnLike", "arn:*:*:*:*:role/a", "arn:aws:iam::1:role/a", True),
        ("ArnLike", "arn:aws*:iam::1:x", "arn:aws:s3:iam::1:x", False),
        ("ArnLike", "arn:aws:iam::1:*", "role/a", False),
        ("ArnNotLike", "arn:aws:iam::1:*", "arn:aws:iam::2:x", True),
        ("ArnNotEquals", "arn:aws:iam::1:x", "arn:aws:iam::1:x", False),
    ],
)
def test_other_kinds(operator: str, value: str, found: str, holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(ValueError, match="is no ARN of six parts"):
            Condition(operator, "k", (value,))
    else:
        assert Condition(operator, "k", (value,)).holds({"k": (found,)}) is holds


_WHO = {"aws:username": ("ada*",), "aws:TagKeys": ("a", "b")}


@pytest.mark.parametrize(
    ("operator", "value", "found", "holds"),
    [
        ("StringEquals", "${aws:username}", "ada*", True),
        ("StringEqualsIgnoreCase", "x-${aws:username}", "X-ADA*", True),
        ("StringLike", "${aws:username}", "ada*", True),
        ("StringLike", "${aws:username}", "ada-and-more", False),
        ("StringLike", "${aws:username}*", "ada*-and-more", True),
        ("StringLike", "?${aws:username}", "xada*", True),
        ("StringNotLike", "${aws:username}", "ada-and-more", True),
        ("StringLike", "a${*}", "a*", True),
        ("StringLike", "a${*}", "ab", False),
        ("StringLike", "a${?}${$}{b}", "a?${b}", True),
        ("StringEquals", "${aws:PrincipalTag/team}", "", False),
        ("StringNotEquals", "${aws:PrincipalTag/team}", "blue", True),
        ("StringEquals", "${aws:PrincipalTag/team, 'blue'}", "blue", True),
        ("StringEquals", "${aws:PrincipalTag/team,'*'}", "*", True),
        ("StringEquals", "${aws:username, 'bob'}", "bob", False),
        ("StringEquals", "${aws:TagKeys}", "a", False),
        ("StringEquals", "$5", "$5", True),
        ("ArnLike", "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/ada*", True),
        ("ArnLike", "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/adam", False),
    ],
)
def test_variables(operator: str, value: str, found: str, holds: bool) -> None:
    assert Condition(operator, "k", (value,)).holds({"k": (found,), **_WHO}) is holds


def test_a_condition_knows_every_key_that_it_looks_at() -> None:
    values = ("${aws:username}/${aws:PrincipalTag/a, 'x'}", "arn")
    assert Condition("StringLike", "mlflow:Stage", values).keys == {
        "mlflow:Stage",
        "aws:username",
        "aws:PrincipalTag/a",
    }
