"""Services of containers, database clusters, instances, buckets, user pools and roles in a document."""

from typing import Literal

from pydantic import Field

from cloister.sources.aws.document.words import Policy, Region
from cloister.sources.document.words import Address, Block, Count, Name, PortNumber, Text, Yes

_ACCOUNT = "Name under accounts; the first where nothing is said."
_GROUPS = "Names under security_groups; the VPC's default one where none is stated."


class EcsServiceBlock(Block):
    """A service of containers."""

    cluster: Name | None = Field(None, description="The cluster that it runs on.")
    launch_type: Literal["FARGATE", "EC2"] = Field("FARGATE", description="Where its tasks run.")
    subnets: tuple[Text, ...] = Field(min_length=1, description="vpc/subnet in which tasks start.")
    security_groups: tuple[Name, ...] = Field((), description=_GROUPS)
    assign_public_ip: Yes = Field(default=False, description="Whether its tasks get public addresses.")
    desired_count: Count = Field(1, description="How many tasks run.")
    container_ports: tuple[PortNumber, ...] = Field((), description="The ports that its containers listen on.")
    target_groups: tuple[Name, ...] = Field((), description="Names under target_groups that it registers in.")
    environment: tuple[Text, ...] = Field((), description="Names of variables with plain values.")
    secrets: tuple[Text, ...] = Field((), description="Names of variables that come from secrets.")
    task_role: Name | None = Field(None, description="Name under iam_roles: what its containers may do.")
    execution_role: Name | None = Field(None, description="Name under iam_roles: pulls images, reads secrets.")


class DbClusterBlock(Block):
    """A database cluster of RDS."""

    engine: Text = Field("aurora-postgresql", description="Its engine.")
    port: PortNumber = Field(5432, description="The port that it listens on.")
    subnets: tuple[Text, ...] = Field(min_length=1, description="vpc/subnet of its subnet group.")
    security_groups: tuple[Name, ...] = Field((), description=_GROUPS)
    publicly_accessible: Yes = Field(default=False, description="Whether any of its instances has a public address.")
    storage_encrypted: Yes = Field(default=False, description="Whether what it stores is encrypted.")
    deletion_protection: Yes = Field(default=False, description="Whether it is kept from being deleted.")
    backup_retention_period: Count = Field(1, description="For how many days backups are kept.")
    iam_database_authentication_enabled: Yes = Field(default=False, description="Whether roles may log in to it.")
    manage_master_user_password: Yes = Field(default=False, description="Whether its password stands in a secret.")


class InstanceBlock(Block):
    """An instance of EC2."""

    subnet: Text = Field(description="vpc/subnet.")
    private_ip: Address | None = Field(None, description="Its address; the first free one if not stated.")
    associate_public_ip_address: Yes | None = Field(None, description="Whether it has a public address.")
    public_ip: Address | None = Field(None, description="Its public address, where it is known.")
    security_groups: tuple[Name, ...] = Field((), description=_GROUPS)
    source_dest_check: Yes = Field(default=True, description="On, it sends nothing on that is meant for others.")
    iam_role: Name | None = Field(None, description="Name under iam_roles: that of its instance profile.")
    http_tokens: Literal["optional", "required"] = Field("optional", description="Whether IMDSv2 is required.")


class BucketBlock(Block):
    """A bucket of S3. What is not stated is as S3 makes new buckets."""

    bucket: Name | None = Field(None, description="Its name in S3, where that is another than its key here.")
    account: Name | None = Field(None, description=_ACCOUNT)
    region: Region | None = Field(None, description="Its region, where that is another than the environment's.")
    block_public_acls: Yes = Field(default=True, description="Whether new public ACLs are refused.")
    block_public_policy: Yes = Field(default=True, description="Whether a public policy is refused.")
    ignore_public_acls: Yes = Field(default=True, description="Whether public ACLs have no effect.")
    restrict_public_buckets: Yes = Field(default=True, description="Whether a public policy has no effect.")
    sse_algorithm: Literal["AES256", "aws:kms", "aws:kms:dsse"] = Field("AES256", description="How it encrypts.")
    kms_key: Text | None = Field(None, description="The key of KMS, where it is one's own.")
    versioning: Yes = Field(default=False, description="Whether old versions are kept.")
    logging_target_bucket: Name | None = Field(None, description="The bucket that its access log goes to.")
    policy: Policy | None = Field(None, description="Its policy, an IAM document.")


class UserPoolBlock(Block):
    """A user pool of Cognito."""

    account: Name | None = Field(None, description=_ACCOUNT)
    allow_admin_create_user_only: Yes = Field(default=False, description="Whether nobody signs up by themselves.")
    mfa_configuration: Literal["OFF", "ON", "OPTIONAL"] = Field("OFF", description="Whether a second factor is asked.")
    password_minimum_length: Count = Field(8, description="How long a password must be.")
    advanced_security_mode: Literal["OFF", "AUDIT", "ENFORCED"] = Field("OFF", description="Its threat protection.")
    groups: tuple[Name, ...] = Field((), description="Its groups.")


class IamRoleBlock(Block):
    """A role of IAM."""

    account: Name | None = Field(None, description=_ACCOUNT)
    assume_role_policy: Policy = Field(description="Who may assume it, an IAM document.")
    policies: dict[Name, Policy] = Field({}, description="Its policies, IAM documents by name.")
    managed_policies: tuple[Name, ...] = Field((), description="Policies of AWS's own, by name.")
    permissions_boundary: Policy | None = Field(None, description="What it may at most, an IAM document.")
