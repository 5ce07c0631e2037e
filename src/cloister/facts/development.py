"""Public hosts that model development uses, one row each: host, what for, source, date read.

An environment is asked for the smallest set that shows whether a need is met; `required_traffic.tsv` has the rest.
"""

from typing import NamedTuple

_READ = "2026-11-22"
_FIREWALL_PAGE = "https://learn.microsoft.com/azure/machine-learning/how-to-access-azureml-behind-firewall (2026-03-19)"


class DevelopmentHost(NamedTuple):
    """A host and why it is asked for."""

    host: str
    purpose: str
    source: str
    read: str


PACKAGE_HOSTS = (
    DevelopmentHost("pypi.org", "index of Python packages", _FIREWALL_PAGE, _READ),
    DevelopmentHost("files.pythonhosted.org", "files of Python packages", _FIREWALL_PAGE, _READ),
)
MODEL_HOSTS = (
    DevelopmentHost(
        "huggingface.co",
        "pre-trained models",
        "https://learn.microsoft.com/azure/machine-learning/how-to-managed-network (2024-08-29)",
        _READ,
    ),
)
SOURCE_CODE_HOSTS = (
    DevelopmentHost(
        "github.com",
        "source code, where no server of one's own stands",
        "https://docs.github.com/authentication/troubleshooting-ssh/using-ssh-over-the-https-port",
        _READ,
    ),
)
