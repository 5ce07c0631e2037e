"""Kinds of resources that a table alone cannot put into a document: by type, how each claims its place, and the rest.

A kind in `CLAIMS` stands as `code` in `facts/arm_types.tsv`. What `FILLS` does comes after the rows of `facts/arm.tsv`.
"""

from collections.abc import Callable

from cloister.facts.arm import arm_types
from cloister.sources.arm.mapping.estate import IDENTITY, MACHINE, Estate
from cloister.sources.arm.mapping.kinds import (
    balancers,
    endpoints,
    filters,
    firewalls,
    governance,
    keys,
    learning,
    machines,
    networks,
    operations,
    principals,
    resolvers,
    rights,
    services,
    stores,
    ways_in,
)
from cloister.sources.arm.mapping.resource import Resource

Kind = Callable[[Estate, Resource], None]

CLAIMS: dict[str, Kind] = {
    networks.PEERING: networks.claim_peering,
    filters.MEMBER: filters.claim_member,
    ways_in.CONNECTION: ways_in.claim_connection,
    endpoints.ENDPOINT: endpoints.claim_endpoint,
    endpoints.ZONE_GROUP: endpoints.nothing,
    endpoints.ZONE: endpoints.claim_zone,
    endpoints.LINK: endpoints.claim_link,
    endpoints.RECORD: endpoints.nothing,
    firewalls.OLD_GROUP: endpoints.nothing,
    machines.INTERFACE: machines.claim_interface,
    machines.EXTENSION: endpoints.nothing,
    resolvers.LINK: resolvers.claim_link,
    learning.RULE: learning.claim_rule,
    learning.COMPUTE: learning.claim_compute,
    learning.BATCH_DEPLOYMENT: endpoints.nothing,
    rights.DEFINITION: rights.claim_definition,
    governance.GROUP: governance.claim_group,
    governance.LOCK: governance.claim_lock,
    governance.POLICY: governance.claim_policy,
    keys.KEY: keys.claim_key,
    operations.DIAGNOSTICS: operations.claim_diagnostics,
    operations.ALERT: operations.claim_alert,
    operations.SCALING: operations.claim_scaling,
    **{row.type.lower(): endpoints.nothing for row in arm_types().values() if row.stands == "part"},
    **{row.type.lower(): services.claim for row in arm_types().values() if row.section.startswith("services:")},
}
FILLS: dict[str, Kind] = {
    networks.NETWORK: networks.network,
    networks.SUBNET: networks.subnet,
    networks.PEERING: networks.peering,
    "microsoft.network/networksecuritygroups/securityrules": filters.security_rule,
    filters.GROUP: filters.network_group,
    filters.COLLECTION: filters.admin_collection,
    filters.RULE: filters.admin_rule,
    "microsoft.network/bastionhosts": ways_in.bastion,
    ways_in.GATEWAY: ways_in.gateway,
    ways_in.SITE: ways_in.site,
    endpoints.ENDPOINT: endpoints.endpoint,
    endpoints.ZONE: endpoints.zone,
    firewalls.FIREWALL: firewalls.firewall,
    firewalls.POLICY: firewalls.policy,
    firewalls.GROUP: firewalls.collection_group,
    balancers.BALANCER: balancers.balancer,
    MACHINE: machines.machine,
    resolvers.INBOUND: resolvers.inbound,
    resolvers.RULE: resolvers.rule,
    "microsoft.storage/storageaccounts": stores.storage,
    "microsoft.keyvault/vaults": stores.vault,
    "microsoft.containerregistry/registries": stores.registry,
    learning.WORKSPACE: learning.workspace,
    learning.RULE: learning.outbound_rule,
    learning.COMPUTE: learning.compute,
    learning.ONLINE: learning.online_endpoint,
    learning.BATCH: learning.batch_endpoint,
    IDENTITY: principals.shared_identity,
    rights.DEFINITION: rights.definition,
    rights.ASSIGNMENT: rights.assignment,
    rights.DENIAL: rights.denial,
    keys.KEY: keys.key,
    governance.POLICY: operations.policy_assignment,
    operations.BUDGET: operations.budget,
    **{row.type.lower(): services.service for row in arm_types().values() if row.section.startswith("services:")},
}
