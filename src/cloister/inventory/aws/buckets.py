"""Buckets of S3."""

from dataclasses import dataclass

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket. `bucket` is what it is called in S3 where that is another name; `policy` an IAM document as JSON text.

    What is not stated is what S3 gives to a new bucket: public access blocked, encryption with its own keys.
    """

    name: str
    bucket: str | None = None
    account: str | None = None
    region: str | None = None
    block_public_acls: bool = True
    block_public_policy: bool = True
    ignore_public_acls: bool = True
    restrict_public_buckets: bool = True
    sse_algorithm: str = "AES256"
    kms_key: str | None = None
    versioning: bool = False
    logging_target_bucket: str | None = None
    policy: str | None = None
    origin: Origin

    @property
    def bucket_name(self) -> str:
        """Its name in S3."""
        return self.bucket or self.name
