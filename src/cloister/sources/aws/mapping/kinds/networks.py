"""VPCs with what is attached to them, and gateways."""

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.taking import listed, taken
from cloister.sources.declared import Reference, Unknown, Value


def claim_subnet(part: Part) -> None:
    """A subnet stands in its VPC."""
    estate = part.estate
    vpc = estate.draft.path_of(part.raw("vpc"))
    if vpc is None:
        estate.tell(part, "stands in a VPC that the input does not describe", "what stands in it is not judged")
        return
    estate.draft.claim((*vpc, "subnets"), part.name, part.place(), (part.declared.address, *part.declared.identities))


def fill_vpc(part: Part) -> None:
    """Its prefixes, its own and those that are added to it."""
    prefixes = listed(taken(part, "cidr_blocks"))
    more = (one for one in part.estate.of("vpc-cidr") if part.estate.find(one.raw("vpc"), "vpc") is part)
    prefixes += [taken(one, "cidr_block") for one in more]
    part.estate.put(part, "cidr_blocks", prefixes)
    if part.path is not None and part.estate.draft.stated((*part.path, "subnets")) is None:
        part.estate.draft.put((*part.path, "subnets"), {}, part.place())


def fill_dhcp(part: Part) -> None:
    """The name servers of a VPC; Amazon's own are what the document means where none is stated."""
    estate = part.estate
    vpc, options = estate.find(part.raw("vpc"), "vpc"), estate.find(part.raw("options"), "dhcp-options")
    if vpc is None or options is None:
        return
    servers = listed(taken(options, "servers"))
    if servers != ["AmazonProvidedDNS"]:
        estate.draft.put((*(vpc.path or ()), "domain_name_servers"), servers, options.place("servers"))


def fill_gateway(part: Part) -> None:
    """The VPC that an internet gateway is attached to: stated by itself, or by an attachment."""
    estate = part.estate
    vpc: Value = part.raw("vpc")
    for one in estate.of("gateway-attachment"):
        if estate.find(one.raw("gateway"), "internet-gateway") is part:
            vpc = one.raw("vpc")
    word = estate.draft.word(vpc, ("vpcs",))
    estate.put(part, "vpc", word or Unknown("is attached to no VPC"))


def fill_prefix_list(part: Part) -> None:
    """Terraform writes the entries one by one."""
    entries = taken(part, "tf_entries")
    if entries is not None:
        part.estate.put(part, "entries", entries, "tf_entries")


def fill_peering(part: Part) -> None:
    """Whether it is accepted: by itself, by an accepter, or by another account at some time."""
    estate = part.estate
    accepters = [one for one in estate.of("peering-accepter") if estate.find(one.raw("peering"), "peering") is part]
    accepted = any(taken(one, "auto_accept") is True for one in (part, *accepters))
    own_account = estate.language == "cloudformation" and part.raw("peer_owner") is None
    if not accepted and not own_account:
        estate.put(part, "accept_status", "pending-acceptance", "auto_accept")


def default_owner(value: Value, attribute: str) -> Reference | None:
    """The VPC of which a value is a default part, such as `aws_vpc.main.default_route_table_id`."""
    if isinstance(value, Reference) and value.attribute == attribute:
        return Reference(value.address)
    return None


CLAIMS = {"subnet": claim_subnet}
FILLS = {
    "vpc": fill_vpc,
    "dhcp-association": fill_dhcp,
    "internet-gateway": fill_gateway,
    "prefix-list": fill_prefix_list,
    "peering": fill_peering,
}
