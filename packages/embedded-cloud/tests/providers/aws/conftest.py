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
    given: dict[str, Any] = field(default_factory=dict)
    """Inputs as the program gives them."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """Inputs as the provider completed them."""
    state: dict[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    """Properties that travel encrypted."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::test::{self.token}::{self.name}"

    def check(self, **inputs: Any) -> dict[str, Any]:
        """The inputs as the provider completes them. Raises RefusedError."""
        given = {"olds": encode(self.inputs), "news": encode(inputs), "randomSeed": b"seed"}
        answer = self.stub.Check(pb.CheckRequest(urn=self.urn, name=self.name, **given))
        if answer.failures:
            raise RefusedError("; ".join(f"{one.property}: {one.reason}" for one in answer.failures))
        return decode(answer.inputs).values

    def diff(self, **inputs: Any) -> tuple[set[str], set[str]]:
        """(changed properties, those of them that replace)."""
        answer = self.stub.Diff(pb.DiffRequest(**self._change(self.check(**inputs))))
        return set(answer.diffs), set(answer.replaces)

    def up(self, **inputs: Any) -> "Deployed":
        """Create it, or update it in place; fails when the change would replace it."""
        checked = self.check(**inputs)
        if not self.id:
            answer = self.stub.Create(pb.CreateRequest(urn=self.urn, properties=encode(checked)))
            self.id = answer.id
        else:
            assert not self.diff(**inputs)[1], "the change replaces"
            answer = self.stub.Update(pb.UpdateRequest(**self._change(checked)))
        decoded = decode(answer.properties)
        self.given, self.inputs, self.state, self.secrets = inputs, checked, decoded.values, decoded.secrets
        return self

    def _change(self, news: dict[str, Any]) -> dict[str, Any]:
        before = {"olds": encode(self.state), "old_inputs": encode(self.inputs)}
        return {"id": self.id, "urn": self.urn, **before, "news": encode(news)}

    def _read(self) -> Any:
        known = {"properties": encode(self.state), "inputs": encode(self.inputs)}
        return self.stub.Read(pb.ReadRequest(id=self.id, urn=self.urn, **known))

    def drift(self) -> dict[str, Any]:
        """What a refresh would change in state and inputs: property to (known, actual)."""
        answer = self._read()
        assert answer.id, "it is gone"
        pairs = ((self.state, decode(answer.properties).values), (self.inputs, decode(answer.inputs).values))
        return {
            name: (known.get(name), actual.get(name))
            for known, actual in pairs
            for name in {*known, *actual}
            if known.get(name) != actual.get(name)
        }

    def is_there(self) -> bool:
        return bool(self._read().id)

    def delete(self) -> None:
        known = {"properties": encode(self.state), "old_inputs": encode(self.inputs)}
        self.stub.Delete(pb.DeleteRequest(id=self.id, urn=self.urn, **known))

    def assert_unchanged(self) -> None:
        """A refresh shows no drift, and the same program changes nothing."""
        assert self.drift() == {}
        assert self.diff(**self.given) == (set(), set())

    def assert_deletable(self) -> None:
        """It is gone after a deletion, and a second deletion is no error."""
        self.delete()
        assert not self.is_there()
        self.delete()

    def check_life(self) -> None:
        self.assert_unchanged()
        self.assert_deletable()


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
        answer = self.stub.Invoke(pb.InvokeRequest(tok=token, args=encode(arguments)))
        return decode(getattr(answer, "return")).values


@pytest.fixture(scope="module")
def emulation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulation]:
    folder = tmp_path_factory.mktemp("cloud")
    cloud = EmbeddedCloud(CloudConfig(state_dir=folder, api_port=0, dns_zones=("example.com",)), agents=False)
    with pytest.MonkeyPatch.context() as patch:
        # These tests restart nothing, so no request needs a snapshot.
        patch.setattr(SnapshotStore, "save", lambda _: None)
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
