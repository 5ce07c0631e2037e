"""Who is who among the processes of a distributed step. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Rank:
    """One process: its number among all, what people call it, and its variables.

    The step ends when those that are `waited_for` have ended; parameter servers serve for ever.
    """

    number: int
    told: str
    variables: Mapping[str, str]
    waited_for: bool = True


def group(nodes: int, processes: int, port: int, names: Mapping[str, str]) -> list[Rank]:
    """The ranks of PyTorch and MPI, node by node. `names` says which variable holds which value."""
    ranks = []
    for number in range(nodes * processes):
        values = {
            "rank": number,
            "local_rank": number % processes,
            "node_rank": number // processes,
            "world_size": nodes * processes,
            "local_size": processes,
            "master_address": ADDRESS,
            "master_port": port,
            "master_node": f"{ADDRESS}:{port}",
            "process_name": f"rank_{number}",
            "host": f"algo-{number // processes + 1}",
        }
        ranks.append(Rank(number, f"rank {number}", {name: str(values[value]) for name, value in names.items()}))
    return ranks


def cluster(workers: int, servers: int, ports: Sequence[int], names: Mapping[str, str]) -> list[Rank]:
    """The workers and parameter servers of TensorFlow, each with its port, in this order."""
    addresses = [f"{ADDRESS}:{port}" for port in ports]
    described = {"worker": addresses[:workers]}
    if servers:
        described["ps"] = addresses[workers:]
    ranks = []
    for number in range(workers + servers):
        is_worker = number < workers
        index = number if is_worker else number - workers
        config = {
            "cluster": described,
            "task": {"type": "worker" if is_worker else "ps", "index": index},
            "environment": "cloud",
        }
        values = {
            "tf_config": json.dumps(config),
            "node_rank": number,
            "process_name": f"rank_{number}",
            "host": f"algo-{number + 1}",
        }
        told = f"worker {index}" if is_worker else f"parameter server {index}"
        ranks.append(Rank(number, told, {name: str(values[value]) for name, value in names.items()}, is_worker))
    return ranks
