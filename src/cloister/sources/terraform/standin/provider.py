"""The stand-in itself: a Terraform provider that knows the schema of another and plans what is written, as written.

It runs as a program of its own, with the package `tf` and without Cloister, and takes the path of the schema as its
argument. It proves the shape of a configuration - arguments, blocks, references, required values - and never that
Azure accepts it: what Azure would compute is unknown, and what it would look up is made up.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgpack
import tf.provider
import tf.runner
from tf.gen import tfplugin_pb2 as protocol
from tf.gen import tfplugin_pb2_grpc as service

_UNKNOWN = msgpack.ExtType(0, b"\x00")
_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
_MADE_UP = "00000000-0000-0000-0000-000000000000"
_FULL_NAME = "registry.terraform.io/hashicorp/azurerm"

Block = dict[str, Any]


def _is_given(name: str, attribute: Block) -> bool:
    """Whether Azure gives a value where the configuration does not."""
    return bool(attribute.get("computed")) or (name == "id" and not attribute.get("required"))


def _block(block: Block) -> Any:
    attributes = [
        protocol.Schema.Attribute(
            name=name,
            type=json.dumps(one["type"]).encode(),
            required=one.get("required", False),
            optional=one.get("optional", False),
            computed=_is_given(name, one),
        )
        for name, one in block["attributes"].items()
    ]
    nested = [
        protocol.Schema.NestedBlock(
            type_name=name,
            block=_block(one["block"]),
            nesting=_NESTING[one["nesting"]],
            min_items=one.get("min", 0),
            max_items=one.get("max", 0),
        )
        for name, one in block["blocks"].items()
    ]
    return protocol.Schema.Block(version=0, attributes=attributes, block_types=nested)


def _schema(block: Block) -> Any:
    return protocol.Schema(version=0, block=_block(block))


def _later(value: Any, block: Block) -> None:
    """Leave open what Azure would give, in a value and in the blocks inside it."""
    for name, one in block["attributes"].items():
        if value.get(name) is None and _is_given(name, one):
            value[name] = _UNKNOWN
    for name, one in block["blocks"].items():
        inner = value.get(name)
        for part in inner if isinstance(inner, list) else [inner]:
            if isinstance(part, dict):
                _later(part, one["block"])


def _read(packed: bytes) -> Any:
    return msgpack.unpackb(packed, strict_map_key=False)


def _dynamic(value: Any) -> Any:
    return protocol.DynamicValue(msgpack=msgpack.packb(value))


class StandIn(service.ProviderServicer):  # type: ignore[misc]  # comes without types
    """Answers Terraform's questions from the schema alone."""

    schema: Block

    def __init__(self, _provider: object = None) -> None:
        pass

    def GetMetadata(self, _request: Any, _context: Any) -> Any:
        answer = protocol.GetMetadata.Response
        metadata = protocol.GetMetadata
        return answer(
            server_capabilities=protocol.ServerCapabilities(get_provider_schema_optional=False, plan_destroy=False),
            resources=[metadata.ResourceMetadata(type_name=name) for name in self.schema["resources"]],
            data_sources=[metadata.DataSourceMetadata(type_name=name) for name in self.schema["data_sources"]],
        )

    def GetProviderSchema(self, _request: Any, _context: Any) -> Any:
        return protocol.GetProviderSchema.Response(
            provider=_schema(self.schema["provider"]["azurerm"]),
            provider_meta=protocol.Schema(block=protocol.Schema.Block()),
            resource_schemas={name: _schema(one) for name, one in self.schema["resources"].items()},
            data_source_schemas={name: _schema(one) for name, one in self.schema["data_sources"].items()},
        )

    def ValidateProviderConfig(self, _request: Any, _context: Any) -> Any:
        return protocol.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, _request: Any, _context: Any) -> Any:
        return protocol.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, _request: Any, _context: Any) -> Any:
        return protocol.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, _request: Any, _context: Any) -> Any:
        return protocol.ConfigureProvider.Response()

    def GetFunctions(self, _request: Any, _context: Any) -> Any:
        return protocol.GetFunctions.Response()

    def StopProvider(self, _request: Any, _context: Any) -> Any:
        return protocol.StopProvider.Response()

    def UpgradeResourceState(self, request: Any, _context: Any) -> Any:
        state = protocol.DynamicValue(json=request.raw_state.json)
        return protocol.UpgradeResourceState.Response(upgraded_state=state)

    def ReadResource(self, request: Any, _context: Any) -> Any:
        return protocol.ReadResource.Response(new_state=request.current_state)

    def PlanResourceChange(self, request: Any, _context: Any) -> Any:
        value = _read(request.proposed_new_state.msgpack)
        if value is not None:
            _later(value, self.schema["resources"][request.type_name])
        return protocol.PlanResourceChange.Response(planned_state=_dynamic(value))

    def ReadDataSource(self, request: Any, _context: Any) -> Any:
        value = _read(request.config.msgpack)
        for name, one in self.schema["data_sources"][request.type_name]["attributes"].items():
            if value.get(name) is None and one["type"] == "string":
                value[name] = _MADE_UP
        if request.type_name == "azurerm_subscription":
            value["id"] = f"/subscriptions/{_MADE_UP}"
        return protocol.ReadDataSource.Response(state=_dynamic(value))


class _Named:
    @staticmethod
    def full_name() -> str:
        return _FULL_NAME


def main() -> None:
    """Serve until Terraform says that it is done."""
    StandIn.schema = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    tf.provider.ProviderServicer = StandIn
    tf.runner.run_provider(_Named(), argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
