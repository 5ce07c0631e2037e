"""The fixtures of real processes, for every file of this folder."""

from router_home import home, registry_url  # type: ignore[import-not-found]  # pytest puts this folder on the path

__all__ = ["home", "registry_url"]
