"""Recorded inputs: a stand-in for Pulumi's engine that keeps every resource a program declares, by its type token."""

import contextlib
import json
import runpy
from collections import defaultdict
from collections.abc import Callable
from typing import Any, cast

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import Stack

from local.runtime import ROOT
from tests.aws_answers import FUNCTIONS, OUTPUTS, REGION


def is_secret(value: Any) -> bool:
    """Whether a recorded property was sent as a Pulumi secret."""
    return isinstance(value, dict) and value.get(rpc._special_sig_key) == rpc._special_secret_sig


def plain(value: Any) -> Any:
    """A recorded property without its secret marks, at any depth."""
    if is_secret(value):
        return plain(value["value"])
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


class _Monitor(mocks.MockMonitor):
    """Keeps what mocks forget: the options of each resource, and the outputs of each component."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.type != "pulumi:pulumi:Stack":
            self.mocks.requests[request.type, request.name] = request  # type: ignore[attr-defined]
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        outputs = rpc.deserialize_properties(request.outputs)
        self.mocks.outputs[request.urn] = outputs  # type: ignore[attr-defined]
        return super().RegisterResourceOutputs(request)


class _Hooks:
    """Takes the registration of resource hooks, which the mocked engine knows nothing of."""

    def __init__(self, recorder: "Recorder") -> None:
        self._recorder = recorder

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        self._recorder.hooks[hook.name] = hook


class Recorder(mocks.Mocks):
    """Records what a program declares and calls, and answers like AWS would.

    `by_type` holds the declared resources per type token, `calls` the provider functions that were called, `requests`
    the whole registration by (type token, logical name) with options such as `protect`, `ignoreChanges` and
    `dependencies`, `outputs` what components and the stack registered by URN, `hooks` the resource hooks by name.
    A function without an answer in `functions` is an error, so that no program depends on one by accident.
    """

    is_secret = staticmethod(is_secret)
    plain = staticmethod(plain)

    def __init__(self) -> None:
        self.by_type: defaultdict[str, list[mocks.MockResourceArgs]] = defaultdict(list)
        self.calls: list[mocks.MockCallArgs] = []
        self.requests: dict[tuple[str, str], Any] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.hooks: dict[str, pulumi.ResourceHook] = {}
        self.exports: dict[str, Any] = {}
        self.functions = json.loads(json.dumps(FUNCTIONS))

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.by_type[args.typ].append(args)
        computed = OUTPUTS[args.typ](args) if args.typ in OUTPUTS else {}
        return f"{args.name}-id", {"name": f"{args.name}-1a2b3c4", **args.inputs, **computed}

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:  # type: ignore[override]  # the runtime takes both
        self.calls.append(args)
        if args.token not in self.functions:
            raise AssertionError(f"the program called {args.token}, for which the tests have no answer")
        return {**args.args, **self.functions[args.token]}

    @property
    def resources(self) -> list[mocks.MockResourceArgs]:
        """Every declared resource, components included."""
        return [resource for resources in self.by_type.values() for resource in resources]

    def one(self, token: str, name: str | None = None) -> dict[str, Any]:
        """The plain inputs of the only resource of a type, or of the one with this logical name.

        The token may be short: `ec2/vpc:Vpc` is `aws:ec2/vpc:Vpc`.
        """
        found = [resource for resource in self.all(token) if name in (None, resource.name)]
        names = [resource.name for resource in self.all(token)]
        assert len(found) == 1, f"expected one {token} named {name or 'anything'}, found {names}"
        inputs: dict[str, Any] = plain(found[0].inputs)
        return inputs

    def all(self, token: str) -> list[mocks.MockResourceArgs]:
        """Every resource of a type; the token may leave out `aws:`."""
        return self.by_type.get(token) or self.by_type.get(f"aws:{token}") or []

    def options(self, token: str, name: str) -> Any:
        """The registration of one resource: `protect`, `ignoreChanges`, `dependencies`, `customTimeouts`, ..."""
        return self.requests.get((token, name)) or self.requests[f"aws:{token}", name]

    def run(self, program: Callable[[], Any]) -> Any:
        """Run a program to its end and return what it returns, with every Output in it resolved."""
        answers: list[Any] = []

        @mocks.test  # type: ignore[untyped-decorator]
        def wait() -> Any:
            return pulumi.Output.from_input(program()).apply(answers.append)

        wait()
        return answers[0] if answers else None

    def run_program(self, **config: str) -> None:
        """Run the whole program with these settings, then resolve what the stack exports into `exports`."""
        set_all_config({"aws:region": REGION, **{f"preqly:{key}": value for key, value in config.items()}})
        with contextlib.chdir(ROOT):
            # The stack's resource is one for all programs of a process.
            self.run(cast(Stack, get_root_resource()).outputs.clear)
            self.run(lambda: runpy.run_path(str(ROOT / "__main__.py")) and None)
            self.exports = self.run(lambda: dict(cast(Stack, get_root_resource()).outputs))


def new_engine(preview: bool = False) -> Recorder:
    """Point Pulumi's runtime at a new Recorder, for an update or for a preview."""
    recorder = Recorder()
    mocks.set_mocks(recorder, project="preqly", stack="test", preview=preview, monitor=_Monitor(recorder))
    SETTINGS.callbacks = _Hooks(recorder)
    return recorder
