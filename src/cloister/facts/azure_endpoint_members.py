"""Which members a private endpoint has for each subresource, in the order in which an inventory states its addresses.

A private endpoint with fixed addresses names the member that each address belongs to. `{region}` is the short name of
the region. Sources, read 2026-11-22: azurerm provider documentation, `azurerm_private_endpoint`, `ip_configuration`
(https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/private_endpoint) and the service pages
under https://learn.microsoft.com/azure/private-link/private-endpoint-overview#private-link-resource. The names of the
workspace's and the registry's members are as seen in published templates; Microsoft's pages do not list them.
"""

MEMBERS: dict[str, tuple[str, ...]] = {
    "amlworkspace": ("default", "notebook", "inference"),
    "registry": ("registry", "registry_data_{region}"),
    "vault": ("default",),
    "blob": ("blob",),
    "file": ("file",),
    "queue": ("queue",),
    "table": ("table",),
    "dfs": ("dfs",),
    "web": ("web",),
    "dataFactory": ("dataFactory",),
}
