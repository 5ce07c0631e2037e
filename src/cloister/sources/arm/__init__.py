"""ARM templates, what Bicep compiles to, and exports of resources: read as declared resources, mapped to a document."""
