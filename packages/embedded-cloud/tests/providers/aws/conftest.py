"""One resource at a time through the provider protocol, as the engine would ask, with AWS on moto."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from embedded_cloud.api.persistence import SnapshotStore
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import CloudConfig
from embedded_cloud.providers import serve
from embedded_cloud.providers.values import decode, encode
from support.clouds import client_at


class RefusedError(Exception):
    """The provider refused inputs: property and reason of each failure."""


@dataclass
class Deployed:
    """One resource and what the engine's state would hold of it."""

    stub: Any
    token: str
    name: str
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    """Properties that travel encrypted."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::test::{self.token}::{self.name}"

    def check(self, **inputs: Any) -> dict[str, Any]:
        """The inputs as the provider completes them. Raises RefusedError."""
        answer = self.stub.Check(
            pb.CheckRequest(
                urn=self.urn, name=self.name, olds=encode(self.inputs), news=encode(inputs), randomSeed=b"seed"
            )
        )
        if answer.failures:
            raise RefusedError("; ".join(f"{one.property}: {one.reason}" for one in answer.failures))
        return decode(answer.inputs).values

    def diff(self, **inputs: Any) -> tuple[set[str], set[str]]:
        """(changed properties, those of them that replace)."""
        answer = self.stub.Diff(
            pb.DiffRequest(
                id=self.id,
                urn=self.urn,
                olds=encode(self.state),
                old_inputs=encode(self.inputs),
                news=encode(self.check(**inputs)),
            )
        )
        return set(answer.diffs), set(answer.replaces)

    def up(self, **inputs: Any) -> "Deployed":
        """Create it, or update it in place; fails when the change would replace it."""
        if not self.id:
            return self._create(self.check(**inputs))
        checked = self.check(**inputs)
        assert not self.diff(**inputs)[1], "the change replaces"
        answer = self.stub.Update(
            pb.UpdateRequest(
                id=self.id,
                urn=self.urn,
                olds=encode(self.state),
                old_inputs=encode(self.inputs),
                news=encode(checked),
            )
        )
        return self._keep(checked, answer.properties)

    def _create(self, inputs: dict[str, Any]) -> "Deployed":
        answer = self.stub.Create(pb.CreateRequest(urn=self.urn, properties=encode(inputs)))
        self.id = answer.id
        return self._keep(inputs, answer.properties)

    def _keep(self, inputs: dict[str, Any], properties: Any) -> "Deployed":
        decoded = decode(properties)
        self.inputs, self.state, self.secrets = inputs, decoded.values, decoded.secrets
        return self

    def drift(self) -> dict[str, Any]:
        """What a refresh would change in the state: property to (known, actual)."""
        answer = self.stub.Read(
            pb.ReadRequest(id=self.id, urn=self.urn, properties=encode(self.state), inputs=encode(self.inputs))
        )
        assert answer.id, "it is gone"
        actual, inputs = decode(answer.properties).values, decode(answer.inputs).values
        found = {
            name: (self.state.get(name), actual.get(name))
            for name in {*self.state, *actual}
            if self.state.get(name) != actual.get(name)
        }
        changed = {
            name: (self.inputs.get(name), inputs.get(name))
            for name in {*self.inputs, *inputs}
            if self.inputs.get(name) != inputs.get(name)
        }
        return found | changed

    def is_there(self) -> bool:
        answer = self.stub.Read(
            pb.ReadRequest(id=self.id, urn=self.urn, properties=encode(self.state), inputs=encode(self.inputs))
        )
        return bool(answer.id)

    def delete(self) -> None:
        self.stub.Delete(
            pb.DeleteRequest(id=self.id, urn=self.urn, properties=encode(self.state), old_inputs=encode(self.inputs))
        )


@dataclass(frozen=True)
class Emulation:
    """The provider's `aws` package with moto behind it."""

    stub: Any
    endpoint: str

    def resource(self, token: str, name: str = "thing", /, **inputs: Any) -> Deployed:
        """A resource of this type, created when inputs are given."""
        deployed = Deployed(self.stub, token, name)
        return deployed.up(**inputs) if inputs else deployed

    def client(self, service: str) -> Any:
        return client_at(self.endpoint, service)

    def call(self, token: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a provider function."""
        answer = self.stub.Invoke(pb.InvokeRequest(tok=token, args=encode(arguments)))
        return decode(getattr(answer, "return")).values


@pytest.fixture(scope="module")
def emulation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulation]:
    folder = tmp_path_factory.mktemp("cloud")
    cloud = EmbeddedCloud(CloudConfig(state_dir=folder, api_port=0, dns_zones=("example.com",)), agents=False)
    with pytest.MonkeyPatch.context() as patch:
        # These tests restart nothing, so no request has to wait for the snapshot.
        patch.setattr(SnapshotStore, "save", SnapshotStore.touch)
        cloud.start()
        server = serve("aws", cloud.endpoint)
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield Emulation(provider_pb2_grpc.ResourceProviderStub(channel), cloud.endpoint)
        server.stop()
        cloud.stop()


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], str]:
    """Runs what must fail and gives the message."""

    def run(work: Callable[[], object]) -> str:
        with pytest.raises((grpc.RpcError, RefusedError)) as failure:
            work()
        error: Any = failure.value
        return str(error.details()) if isinstance(error, grpc.RpcError) else str(error)

    return run
