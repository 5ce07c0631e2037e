"""What the gateway knows of each list that it narrows: where names stand in a row, and in which order rows come."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OrderKey:
    """What rows are ordered by: a field of the row, and which way."""

    field: str
    ascending: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of list.

    `rows` is the list in MLflow's answer, `kind` what its rows are in policies, and `name` the fields of a row that
    make up its name there; `made_as` are those that its makers are recorded under. `usual_order` is MLflow's where none
    is asked for, `ties` what it adds where the field is not asked for, and `order_fields` says which field of a row
    stands for a key of `order_by`. `filter_field` is what the filter is called.
    """

    rows: str
    kind: str
    name: tuple[str, ...]
    made_as: tuple[str, ...]
    most_rows: int
    usual_rows: int
    usual_order: tuple[OrderKey, ...]
    ties: tuple[OrderKey, ...]
    order_fields: Mapping[str, str]
    filter_field: str = "filter"
    # Passed on with every query.
    kept: frozenset[str] = frozenset({"view_type"})


# mlflow 3.17.2, store/tracking/sqlalchemy_store.py and store/model_registry/sqlalchemy_store.py, read 2026-11-26.
_LISTINGS: Final = (
    Listing(
        rows="experiments",
        kind="experiment",
        name=("name",),
        made_as=("experiment_id",),
        most_rows=50_000,
        usual_rows=1_000,
        usual_order=(OrderKey("creation_time", ascending=False), OrderKey("experiment_id", ascending=True)),
        ties=(OrderKey("experiment_id", ascending=False),),
        order_fields={
            "name": "name",
            "experiment_id": "experiment_id",
            "creation_time": "creation_time",
            "last_update_time": "last_update_time",
        },
    ),
    Listing(
        rows="registered_models",
        kind="registered-model",
        name=("name",),
        made_as=("name",),
        most_rows=1_000,
        usual_rows=100,
        usual_order=(OrderKey("name", ascending=True),),
        ties=(OrderKey("name", ascending=True),),
        order_fields={
            "name": "name",
            "timestamp": "last_updated_timestamp",
            "last_updated_timestamp": "last_updated_timestamp",
        },
    ),
    Listing(
        rows="model_versions",
        kind="model-version",
        name=("name", "version"),
        made_as=("name", "version"),
        most_rows=200_000,
        usual_rows=10_000,
        usual_order=(
            OrderKey("last_updated_timestamp", ascending=False),
            OrderKey("name", ascending=True),
            OrderKey("version", ascending=False),
        ),
        ties=(OrderKey("name", ascending=True), OrderKey("version", ascending=False)),
        order_fields={
            "name": "name",
            "version_number": "version",
            "creation_timestamp": "creation_timestamp",
            "last_updated_timestamp": "last_updated_timestamp",
        },
    ),
    Listing(
        rows="datasets",
        kind="dataset",
        name=("name",),
        made_as=("dataset_id",),
        most_rows=50_000,
        usual_rows=1_000,
        usual_order=(OrderKey("created_time", ascending=False),),
        ties=(OrderKey("dataset_id", ascending=False),),
        order_fields={"name": "name", "created_time": "created_time", "last_update_time": "last_update_time"},
        filter_field="filter_string",
        kept=frozenset({"experiment_ids"}),
    ),
)
LISTINGS: Final[Mapping[str, Listing]] = {listing.rows: listing for listing in _LISTINGS}
