"""The one question: can a principal at a place do an action on a resource; intents, closure and flow."""
