"""The accounts that an environment spreads over."""

from dataclasses import dataclass

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An AWS account. The `s3_*` switches are those of the whole account, which hold beside those of each bucket."""

    name: str
    account_id: str
    s3_block_public_acls: bool = False
    s3_block_public_policy: bool = False
    s3_ignore_public_acls: bool = False
    s3_restrict_public_buckets: bool = False
    origin: Origin
