"""SageMaker in a document."""

from typing import Literal

from pydantic import Field

from cloister.sources.document.words import Block, Name, Text, Yes

_ACCOUNT = "Name under accounts; the first where nothing is said."
_GROUPS = "Names under security_groups; the VPC's default one where none is stated."
_ROLE = "Name under iam_roles."


class UserProfileBlock(Block):
    """A profile of a domain."""

    execution_role: Name | None = Field(None, description=f"{_ROLE} That of the domain if not stated.")


class SageMakerDomainBlock(Block):
    """A domain of SageMaker Studio."""

    vpc: Name = Field(description="Name under vpcs.")
    subnets: tuple[Text, ...] = Field(min_length=1, description="vpc/subnet in which its apps have interfaces.")
    security_groups: tuple[Name, ...] = Field((), description=_GROUPS)
    app_network_access_type: Literal["VpcOnly", "PublicInternetOnly"] = Field(
        "PublicInternetOnly", description="VpcOnly: apps reach nothing but by its subnets."
    )
    auth_mode: Literal["IAM", "SSO"] = Field("IAM", description="How people log in.")
    execution_role: Name | None = Field(None, description=_ROLE)
    user_profiles: dict[Name, UserProfileBlock] = Field({}, description="Its profiles by name.")


class NotebookInstanceBlock(Block):
    """A notebook instance of SageMaker."""

    account: Name | None = Field(None, description=_ACCOUNT)
    subnet: Text | None = Field(None, description="vpc/subnet; a network of SageMaker's own where nothing is said.")
    security_groups: tuple[Name, ...] = Field((), description=_GROUPS)
    direct_internet_access: Literal["Enabled", "Disabled"] = Field(
        "Enabled", description="Whether SageMaker gives it a way to the internet, whatever its subnet says."
    )
    root_access: Literal["Enabled", "Disabled"] = Field("Enabled", description="Whether its users are root.")
    role: Name | None = Field(None, description=_ROLE)


class SageMakerJobBlock(Block):
    """Where jobs, or hosted models, of one kind run."""

    kind: Literal["training", "processing", "transform", "hosting"] = Field("training", description="What runs there.")
    account: Name | None = Field(None, description=_ACCOUNT)
    subnets: tuple[Text, ...] = Field((), description="vpc/subnet; a network of SageMaker's own where none is stated.")
    security_groups: tuple[Name, ...] = Field((), description=_GROUPS)
    enable_network_isolation: Yes = Field(default=False, description="Whether its containers have no network at all.")
    role: Name | None = Field(None, description=_ROLE)
