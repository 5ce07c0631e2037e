"""The documents that controls come from. A control names the clause."""

from cloister.controls.control import Source

_READ = "2026-11-22"


def well_architected(clause: str) -> Source:
    """The Well-Architected Framework's guide to Azure Machine Learning."""
    url = "https://learn.microsoft.com/azure/well-architected/service-guides/azure-machine-learning"
    return Source("Well-Architected Framework perspective on Azure Machine Learning", clause, url, _READ)


def security_baseline(clause: str) -> Source:
    """Microsoft's security baseline for the service, by the number of the benchmark's control."""
    url = "https://learn.microsoft.com/security/benchmark/azure/baselines/machine-learning-service-security-baseline"
    return Source("Azure security baseline for Machine Learning Service", clause, url, _READ)


def network_security_guide(clause: str) -> Source:
    """The published example whose defects the blueprint `azure-published-terraform` shows."""
    url = "https://learn.microsoft.com/azure/architecture/ai-ml/guide/network-security-mlops"
    return Source("Secure MLOps solutions with Azure network security", clause, url, _READ)


def page(document: str, clause: str, path: str) -> Source:
    """Another page of Microsoft's documentation, by its path."""
    return Source(document, clause, f"https://learn.microsoft.com/{path}", _READ)


def training_guide(clause: str) -> Source:
    """The guide to training in a virtual network: prerequisites, limits, ports and names."""
    url = "https://learn.microsoft.com/azure/machine-learning/how-to-secure-training-vnet"
    title = "Secure an Azure Machine Learning training environment with virtual networks"
    return Source(title, clause, url, "2026-11-25")


def firewall_guide(clause: str) -> Source:
    """The page that lists what the service needs of a network, in Azure and in Azure China."""
    url = "https://learn.microsoft.com/azure/machine-learning/how-to-access-azureml-behind-firewall"
    return Source("Configure inbound and outbound network traffic", clause, url, "2026-11-25")


def lately(document: str, clause: str, path: str) -> Source:
    """Another page of Microsoft's documentation, as it was read on 2026-11-25."""
    return Source(document, clause, f"https://learn.microsoft.com/{path}", "2026-11-25")


def azure_policy(title: str, file: str) -> Source:
    """A built-in definition of Azure Policy for Azure Machine Learning, by its title and the file that holds it."""
    folder = "https://github.com/Azure/azure-policy/blob/master/built-in-policies/policyDefinitions/Machine%20Learning"
    return Source("Azure Policy: built-in definitions", title, f"{folder}/{file}.json", "2026-11-25")


def price(service: str, clause: str, path: str) -> Source:
    """A page of Azure's prices, which could not be read: what is charged, as the network guide says."""
    url = f"https://azure.microsoft.com/pricing/details/{path}/"
    return Source(f"Azure pricing: {service}", f"{clause} (as the guide refers to it; not verified)", url, "2026-11-25")


def mlflow_post(clause: str) -> Source:
    """AWS's post on MLflow behind an API of API Gateway, with roles for administrators, readers and approvers."""
    url = (
        "https://aws.amazon.com/blogs/machine-learning/"
        "securing-mlflow-in-aws-fine-grained-access-control-with-aws-native-services/"
    )
    title = "Securing MLflow in AWS: Fine-grained access control with AWS native services"
    return Source(title, clause, url, "2026-11-25")


def aws_page(document: str, clause: str, path: str) -> Source:
    """A page of AWS's documentation, by its path."""
    return Source(document, clause, f"https://docs.aws.amazon.com/{path}", "2026-11-25")


def psrule(rule: str, title: str) -> Source:
    """A rule of PSRule for Azure, by its name and what it says."""
    url = f"https://azure.github.io/PSRule.Rules.Azure/en/rules/{rule}/"
    return Source("PSRule for Azure", f"{rule}: {title}", url, "2026-11-25")


def checkov(check: str, title: str) -> Source:
    """A check of Checkov 3.3.30, by its id and its name, as its package has them."""
    return Source("Checkov", f"{check}: {title}", "https://www.checkov.io/5.Policy%20Index/all.html", "2026-11-25")
