"""The kinds of values that only documents for AWS have."""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictInt, StrictStr, WithJsonSchema

from cloister.sources.document.words import (
    ACCOUNT_PATTERN,
    API_PATTERN,
    AWS_REGION_PATTERN,
    METHOD_PATTERN,
    PATH_PATTERN,
    refusal,
)
from cloister.sources.wording import shown


def _policy(value: Any) -> str:  # noqa: ANN401 - whatever the author wrote
    """An IAM document as JSON text, from a mapping or from such a text."""
    mend = 'write its Version and Statement as keys, or as JSON text such as {"Version": "2012-10-17", ...}'
    document = value
    if isinstance(value, str):
        try:
            document = json.loads(value)
        except ValueError as error:
            reason = f"{shown(value)} is not JSON"
            raise refusal(reason, mend) from error
    if not isinstance(document, dict):
        reason = f"{shown(value)} is not a policy"
        raise refusal(reason, mend)
    return json.dumps(document)


Policy = Annotated[
    str, BeforeValidator(_policy), WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "string", "minLength": 2}]})
]
AccountId = Annotated[StrictStr, Field(pattern=ACCOUNT_PATTERN)]
ApiId = Annotated[StrictStr, Field(pattern=API_PATTERN)]
Region = Annotated[StrictStr, Field(pattern=AWS_REGION_PATTERN)]
ApiMethod = Annotated[StrictStr, Field(pattern=METHOD_PATTERN)]
ApiPath = Annotated[StrictStr, Field(pattern=PATH_PATTERN)]
RuleNumber = Annotated[StrictInt, Field(ge=1, le=32766)]
