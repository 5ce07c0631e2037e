"""The cloud-neutral data plane, and the one step that lowers Azure to it."""
