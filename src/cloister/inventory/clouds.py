"""An environment in whichever cloud."""

from cloister.inventory import aws, azure

AnyInventory = azure.Inventory | aws.Inventory
