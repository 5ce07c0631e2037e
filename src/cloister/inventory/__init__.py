"""What stands: frozen typed resources, each with its origin. Nothing here decides anything."""
