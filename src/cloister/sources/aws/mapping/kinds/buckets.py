"""Buckets; Terraform writes their policy, switches, encryption, versions and log apart."""

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.taking import listed, taken
from cloister.sources.declared import Value, at

SWITCHES = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def fill_bucket(part: Part) -> None:
    """A block of switches that leaves one out leaves it off; without the block all are on, as S3 makes new buckets."""
    if part.raw("public_access_block") is not None:
        for switch in SWITCHES:
            value = taken(part, switch)
            part.estate.put(part, switch, value=False if value is None else value)
    for rule in listed(part.raw("encryption")):
        _encrypted(part, part, at(rule, "ServerSideEncryptionByDefault"), "encryption")
    if (status := part.raw("versioning")) is not None:
        part.estate.put(part, "versioning", status == "Enabled" if isinstance(status, str) else status)


def _encrypted(bucket: Part, part: Part, default: Value, attribute: str) -> None:
    draft, path = part.estate.draft, bucket.path or ()
    algorithm = at(default, "SSEAlgorithm") or at(default, "sse_algorithm")
    key = at(default, "KMSMasterKeyID") or at(default, "kms_master_key_id")
    draft.put((*path, "sse_algorithm"), algorithm, part.place(attribute))
    if key is not None:
        draft.put((*path, "kms_key"), str(key) if not isinstance(key, dict | list) else None, part.place(attribute))


def _bucket(part: Part) -> Part | None:
    """The bucket that a resource is about, by a reference or by its name."""
    value = part.raw("bucket")
    found = part.estate.find(value, "bucket")
    if found is not None:
        return found
    return next((one for one in part.estate.of("bucket") if value is not None and one.raw("bucket") == value), None)


def fill_policy(part: Part) -> None:
    """The policy of a bucket."""
    bucket = _bucket(part)
    if bucket is None or bucket.path is None:
        part.estate.homeless(part, "bucket", "whom it lets in is not judged", "bucket", key="policy")
        return
    part.estate.draft.put((*bucket.path, "policy"), taken(part, "policy"), part.place("policy"))


def fill_block(part: Part) -> None:
    """The switches of a bucket; what is left out is off."""
    bucket = _bucket(part)
    if bucket is None or bucket.path is None:
        for switch in SWITCHES:
            part.estate.homeless(part, "bucket", "whether it blocks the public is not judged", "bucket", key=switch)
        return
    for switch in SWITCHES:
        value = taken(part, switch)
        part.estate.draft.put((*bucket.path, switch), False if value is None else value, part.place(switch))


def fill_encryption(part: Part) -> None:
    """How a bucket encrypts."""
    bucket = _bucket(part)
    if bucket is not None:
        for rule in listed(part.raw("rules")):
            several = listed(at(rule, "apply_server_side_encryption_by_default"))
            if several:
                _encrypted(bucket, part, several[0], "rules")


def fill_versioning(part: Part) -> None:
    """Whether a bucket keeps old versions."""
    bucket, status = _bucket(part), part.raw("status")
    if bucket is not None and bucket.path is not None and status is not None:
        kept = status == "Enabled" if isinstance(status, str) else status
        part.estate.draft.put((*bucket.path, "versioning"), kept, part.place("status"))


def fill_logging(part: Part) -> None:
    """The bucket that an access log goes to."""
    bucket = _bucket(part)
    if bucket is not None and bucket.path is not None:
        path = (*bucket.path, "logging_target_bucket")
        part.estate.draft.refer(path, part.raw("target"), ("s3_buckets",), part.place("target"))


FILLS = {
    "bucket": fill_bucket,
    "bucket-policy": fill_policy,
    "bucket-block": fill_block,
    "bucket-encryption": fill_encryption,
    "bucket-versioning": fill_versioning,
    "bucket-logging": fill_logging,
}
