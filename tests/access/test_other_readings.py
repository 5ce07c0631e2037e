"""Generated policies and requests, read three times: by us, by a naive reading, and by an independent simulator of IAM.

The naive reading below is written from AWS's documentation ("IAM JSON policy elements", "Policy evaluation logic",
docs.aws.amazon.com/IAM/latest/UserGuide, read 2026-11) on the documents as they stand, without a word of our own code.

The simulator is @cloud-copilot/iam-simulate (AGPL-3.0, npm), a process of its own that only this test starts. It holds
otherwise than we: a negated operator on a variable without a value (where AWS documents that it is met,
reference_policies_variables) or on what is not of its kind, NotResource with a variable without a value (where we let a
deny count), and the few values that are listed below as misread. The cases that it is given have none of these.
"""

import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from cloister.access.decision import Request, decide, is_explicit_deny
from cloister.access.policies import read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.verdict import Answer, Verdict

_CASES = 3000
_INSTALLED = Path(__file__).parents[2] / ".ci"
_SIMULATOR = _INSTALLED / "node_modules" / "@cloud-copilot" / "iam-simulate"
_ADA = Principal("ada", "user")
_ARN = "arn:aws:s3:::"

Document = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Documents, and a request."""

    documents: tuple[Document, ...]
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]


# --- the naive reading


def naive(case: Case) -> str:
    """Allow, Explicit (a statement denies) or Implicit (none allows)."""
    effects = {
        statement["Effect"]
        for document in case.documents
        for statement in document["Statement"]
        if _applies(statement, case)
    }
    return "Explicit" if "Deny" in effects else ("Allow" if "Allow" in effects else "Implicit")


def _applies(statement: Document, case: Case) -> bool:
    action = case.action.lower()
    if "Action" in statement and not any(_wild(_spell(one.lower(), {}), action) for one in statement["Action"]):
        return False
    if "NotAction" in statement and any(_wild(_spell(one.lower(), {}), action) for one in statement["NotAction"]):
        return False
    if "Resource" in statement and not any(_names(one, case) for one in statement["Resource"]):
        return False
    if "NotResource" in statement and any(_names(one, case) for one in statement["NotResource"]):
        return False
    return all(
        _condition(operator, case.context.get(key, ()), values, case.context)
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    )


def _names(pattern: str, case: Case) -> bool:
    return _wild(_spell(pattern, case.context), case.resource)


def _spell(text: str, context: Mapping[str, tuple[str, ...]]) -> list[str] | None:
    """The text letter by letter; a wildcard is two letters, so that it is none. None: a variable says nothing."""
    letters: list[str] = []
    while text:
        if text.startswith("${"):
            inside, _, text = text[2:].partition("}")
            name, comma, default = inside.partition(",")
            found = context.get(name, (default.strip()[1:-1],) if comma else ())
            if inside in ("*", "?", "$"):
                found = (inside,)
            if len(found) != 1:
                return None
            letters.extend(found[0])
        else:
            letters.append(text[0] * 2 if text[0] in "*?" else text[0])
            text = text[1:]
    return letters


def _wild(pattern: list[str] | None, text: str) -> bool:
    """By a table: row by row of the pattern, which beginnings of the text it matches so far."""
    if pattern is None:
        return False
    reached = {0}
    for letter in pattern:
        if letter == "**":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {place + 1 for place in reached if place < len(text) and letter in ("??", text[place])}
    return len(text) in reached


def _condition(
    operator: str, present: tuple[str, ...], values: list[str], context: Mapping[str, tuple[str, ...]]
) -> bool:
    if operator == "Null":
        return any(value.lower() == ("false" if present else "true") for value in values)
    if operator.startswith("ForAllValues:"):
        name = operator.removeprefix("ForAllValues:").removesuffix("IfExists")
        return all(_one(name, value, values, context) for value in present)
    if operator.startswith("ForAnyValue:"):
        name = operator.removeprefix("ForAnyValue:").removesuffix("IfExists")
        return any(_one(name, value, values, context) for value in present)
    if not present:
        return "Not" in operator or operator.endswith("IfExists")
    return len(present) == 1 and _one(operator.removesuffix("IfExists"), present[0], values, context)


def _one(name: str, value: str, values: list[str], context: Mapping[str, tuple[str, ...]]) -> bool:
    if "Not" in name:
        return not any(_compare(name.replace("Not", ""), value, wanted, context) for wanted in values)
    return any(_compare(name, value, wanted, context) for wanted in values)


def _compare(name: str, value: str, wanted: str, context: Mapping[str, tuple[str, ...]]) -> bool:
    if name.startswith("String"):
        return _compare_texts(name, value, _spell(wanted, context))
    if name.startswith("Arn"):
        pairs = zip(wanted.split(":", 5), value.split(":", 5), strict=False)
        return value.count(":") >= 5 and all(_wild(_spell(part, context), one) for part, one in pairs)
    if name == "Bool":
        return value.lower() == wanted.lower()
    if name == "IpAddress":
        return _lies_in(value, wanted)
    if name.startswith("Date"):
        return _orders(name.removeprefix("Date"), _seconds(value), _seconds(wanted))
    return _orders(name.removeprefix("Numeric"), Fraction(value), Fraction(wanted))


def _compare_texts(name: str, value: str, letters: list[str] | None) -> bool:
    if name == "StringLike" or letters is None:
        return _wild(letters, value)
    text = "".join(letter[0] for letter in letters)
    return text.lower() == value.lower() if name.endswith("IgnoreCase") else text == value


def _orders(name: str, left: Fraction | float, right: Fraction | float) -> bool:
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left < right or left == right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left > right or left == right,
    }[name]


def _seconds(text: str) -> float:
    if text.isdigit():
        return float(text)
    form = {7: "%Y-%m%z", 10: "%Y-%m-%d%z", 17: "%Y-%m-%dT%H:%M%z"}.get(len(text), "%Y-%m-%dT%H:%M:%S%z")
    return datetime.strptime(text if "T" in text else f"{text}+0000", form).timestamp()  # noqa: DTZ007 - with %z


def _lies_in(value: str, network: str) -> bool:
    address, _, bits = network.partition("/")
    one, other = ip_address(value), ip_address(address)
    rest = other.max_prefixlen - int(bits or other.max_prefixlen)
    return one.version == other.version and int(one) >> rest == int(other) >> rest


# --- what is generated

_TEXTS = ("a", "A", "b", "ab", "a*", "a?b", "abb")
_PATTERNS = ("*", "a*", "*b", "?", "a?b", "a", "b", "A")
_WITH_VARIABLES = (
    "${aws:username}",
    "${aws:PrincipalTag/t}",
    "${aws:PrincipalTag/t, 'b'}",
    "a${*}",
    "a${?}b",
    "${aws:PrincipalTag/t}*",
    "?${aws:username, 'x'}",
)
_NUMBERS = ("1", "2", "2.0", "2.5", "-3", "10")
_DATES = (
    "2026-11",
    "2026-11-26",
    "2026-11-26T09:00:00Z",
    "2026-11-26T10:00:00+01:00",
    "2026-11-26T09:01Z",
    "2027-01-01",
)
# By the simulator: a mask of no bits, and an address without a mask beside one of the other family.
_MISREAD = ("0.0.0.0/0", "10.0.0.1")
# Taken as they are written where there are no wildcards, though AWS puts the letters in wherever variables may stand.
_LETTERS = ("a${*}", "a${?}b")
_WITHOUT_VALUE = ("${aws:PrincipalTag/t}", "${aws:PrincipalTag/t}*")
_ADDRESSES = ("10.0.0.1", "10.0.0.200", "10.9.0.1", "192.0.2.1", "2001:db8::1", "2001:db9::1")
_NETWORKS = ("10.0.0.1", "10.0.0.0/25", "10.0.0.77/8", "0.0.0.0/0", "2001:db8::/32", "2001:db8::/31", "::/0")
_ARNS = ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", "arn:aws:s3:::a")
_NO_ARN = "a:b"
_ARN_PATTERNS = ("arn:aws:iam::1:role/?", "arn:*:iam::*:role/a", "arn:aws:*:*:*:*", "arn:aws:s3:::${aws:username}")
_COMPARED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_STRINGS = ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
# Operators, the key that they look at, values of policies, values of requests.
_KINDS: tuple[tuple[tuple[str, ...], str, tuple[str, ...], tuple[str, ...]], ...] = (
    (tuple(f"String{name}" for name in _STRINGS), "aws:PrincipalTag/s", (*_PATTERNS, *_WITH_VARIABLES), _TEXTS),
    (tuple(f"String{name}" for name in _STRINGS), "mlflow:Stage", (*_PATTERNS, *_WITH_VARIABLES), _TEXTS),
    (tuple(f"Numeric{name}" for name in _COMPARED), "cloister:AuthenticationAge", _NUMBERS, _NUMBERS),
    (tuple(f"Date{name}" for name in _COMPARED), "aws:CurrentTime", _DATES, _DATES),
    (("Bool",), "mlflow:Owned", ("true", "false", "True"), ("true", "false", "TRUE")),
    (("IpAddress", "NotIpAddress"), "aws:SourceIp", _NETWORKS, _ADDRESSES),
    (("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"), "aws:PrincipalTag/r", _ARN_PATTERNS, _ARNS),
)


class Dice:
    """Cases by chance; `for_simulator` leaves out what the simulator holds otherwise."""

    def __init__(self, seed: int, *, for_simulator: bool) -> None:
        self._by = random.Random(seed)  # noqa: S311 - the same cases each time
        self._for_simulator = for_simulator

    def cases(self, count: int) -> Iterator[Case]:
        for _ in range(count):
            documents = tuple(self._document() for _ in range(self._by.randint(1, 3)))
            action = self._by.choice(("s3:GetObject", "s3:getobject", "s3:PutObject", "s3:ListBucket"))
            resource = _ARN + self._by.choice(("a", "b", "ab", "a/b", "b/a", "abb"))
            yield Case(documents, action, resource, self._context())

    def _some(self, values: Sequence[str], most: int = 2) -> list[str]:
        return self._by.sample(values, min(len(values), self._by.randint(1, most)))

    def _document(self) -> Document:
        return {"Version": "2012-10-17", "Statement": [self._statement() for _ in range(self._by.randint(1, 3))]}

    def _statement(self) -> Document:
        effect = self._by.choice(("Allow", "Allow", "Deny"))
        actions = self._some(("s3:Get*", "s3:*", "*", "s3:PutObject", "S3:getobject", "s3:?utObject", "s3:List*"))
        inverted = self._by.random() < 0.15
        named = [_ARN + one for one in self._some((*_PATTERNS, "a/*", *(() if inverted else _WITH_VARIABLES)))]
        if inverted and not self._for_simulator and effect == "Deny":
            named.append(f"{_ARN}${{aws:PrincipalTag/t}}*")
        return {
            "Effect": effect,
            self._by.choice(("Action", "Action", "Action", "NotAction")): actions,
            "NotResource" if inverted else "Resource": ["*"] if self._by.random() < 0.4 and not inverted else named,
            "Condition": dict(self._comparison() for _ in range(self._by.choice((0, 0, 1, 1, 2)))),
        }

    def _comparison(self) -> tuple[str, Document]:
        chance = self._by.random()
        if chance < 0.1:
            key = self._by.choice(("aws:TagKeys", "mlflow:Stage", "aws:PrincipalTag/s"))
            return "Null", {key: self._some(("true", "false"), 1)}
        if chance < 0.3:
            quantifier, name = self._by.choice(("ForAnyValue:", "ForAllValues:")), self._by.choice(_STRINGS)
            values = self._values(f"String{name}", (*_PATTERNS, *_WITH_VARIABLES))
            return f"{quantifier}String{name}{self._by.choice(('', '', 'IfExists'))}", {"aws:TagKeys": values}
        operators, key, policy, _ = self._by.choice(_KINDS)
        operator = self._by.choice(operators)
        return operator + self._by.choice(("", "", "IfExists")), {key: self._values(operator, policy)}

    def _values(self, operator: str, values: Sequence[str]) -> list[str]:
        """Values of a policy; for the simulator none that it holds otherwise."""
        other = _WITHOUT_VALUE if "Not" in operator else ()
        letters = _LETTERS if "Equals" in operator else ()
        known = [one for one in values if one not in (*_MISREAD, *other, *letters)]
        return self._some(known if self._for_simulator else values, 3)

    def _context(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {"aws:username": (self._by.choice(_TEXTS),)}
        for _, key, _, values in _KINDS:
            if self._by.random() < 0.8:
                odd = (_NO_ARN,) if values is _ARNS and not self._for_simulator else ()
                found[key] = (self._by.choice((*values, *odd)),)
        if self._by.random() < 0.5:
            found["aws:PrincipalTag/t"] = (self._by.choice(_TEXTS),)
        if self._by.random() < 0.7:
            found["aws:TagKeys"] = tuple(self._some(_TEXTS, 3))
        return found


def ours(case: Case) -> str:
    """Our answer, by the plain reading and by the compiled set, which must be one."""
    policies = [read_policy(json.dumps(one), f"p{index}") for index, one in enumerate(case.documents)]
    request = Request(_ADA, case.action, case.resource, case.context)
    plain = decide(policies, request)
    assert PolicySet(policies).decide(request) == plain
    return _named(plain)


def _named(verdict: Verdict) -> str:
    if verdict.answer is Answer.ALLOW:
        return "Allow"
    return "Explicit" if is_explicit_deny(verdict) else "Implicit"


def _agree(cases: list[Case], answers: list[str], theirs: list[str]) -> None:
    apart = [(case, one, other) for case, one, other in zip(cases, answers, theirs, strict=True) if one != other]
    assert apart == [], f"{len(apart)} of {len(cases)} apart, the first: {apart[0]}"
    least = Counter(answers)
    assert min(least[name] for name in ("Allow", "Explicit", "Implicit")) > len(cases) // 10, least


def test_a_naive_reading_of_the_documentation_agrees() -> None:
    cases = list(Dice(20261126, for_simulator=False).cases(_CASES))
    _agree(cases, [ours(case) for case in cases], [naive(case) for case in cases])


def test_an_independent_simulator_of_iam_agrees() -> None:
    node = shutil.which("node")
    if node is None or not _SIMULATOR.exists():
        pytest.skip(
            "not run: @cloud-copilot/iam-simulate is not installed (npm install --prefix .ci --no-save, see .ci/run)"
        )
    cases = list(Dice(26112026, for_simulator=True).cases(_CASES))
    asked = [
        {
            "documents": case.documents,
            "action": case.action,
            "resource": case.resource,
            "context": {key: found if key == "aws:TagKeys" else found[0] for key, found in case.context.items()},
        }
        for case in cases
    ]
    script = Path(__file__).with_name("simulate.cjs")
    done = subprocess.run(
        [node, str(script), str(_INSTALLED)], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    names = {"Allowed": "Allow", "ExplicitlyDenied": "Explicit", "ImplicitlyDenied": "Implicit"}
    _agree(cases, [ours(case) for case in cases], [names[one] for one in json.loads(done.stdout)])
