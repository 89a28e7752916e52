"""A mock of Pulumi's engine that records every resource that a program declares, by type token."""

import contextlib
import functools
import json
import runpy
from collections import defaultdict
from collections.abc import Callable
from typing import Any, cast
from unittest import mock

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import Stack

from infra.provider import identity
from local.runtime import ROOT
from tests.aws_answers import ACCOUNT, FUNCTIONS, OUTPUTS, REGION


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
    """Records what Pulumi's mocks drop: the options of each resource and the outputs of each component."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.type != "pulumi:pulumi:Stack":
            self.mocks.requests[request.type, request.name] = request  # type: ignore[attr-defined]
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        outputs = rpc.deserialize_properties(request.outputs)
        self.mocks.outputs[request.urn] = outputs  # type: ignore[attr-defined]
        return super().RegisterResourceOutputs(request)


class _Hooks:
    """Records resource hooks, which Pulumi's mocks do not support."""

    def __init__(self, recorder: "Recorder") -> None:
        self._recorder = recorder

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        self._recorder.hooks[hook.name] = hook


class Recorder(mocks.Mocks):
    """Records what a program declares and calls, with the outputs that AWS would return.

    `by_type`: declared resources by type token. `requests`: whole registrations by (type token, logical name), with
    options such as `protect`, `ignoreChanges` and `dependencies`. `outputs`: registered outputs of components and stack
    by URN. `hooks`: resource hooks by name. `calls`: called provider functions; one without an answer in `functions`
    fails the test.
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
        """Run `__main__.py` with these settings, then resolve the stack outputs into `exports`."""
        project = pulumi.get_project()
        values = {f"{project}:{key}": value for key, value in config.items()}
        set_all_config({"aws:region": REGION, **values}, [f"{project}:secretEnvironment"])
        # The only request that a program sends itself before it declares anything.
        answered = mock.patch.object(identity, "account_of", return_value=ACCOUNT)
        with contextlib.chdir(ROOT), answered:
            # All programs of a process share one stack resource.
            self.run(_forget_earlier_programs)
            self.run(lambda: runpy.run_path(str(ROOT / "__main__.py")) and None)
            self.exports = self.run(lambda: dict(cast(Stack, get_root_resource()).outputs))


def _forget_earlier_programs() -> None:
    stack = cast(Stack, get_root_resource())
    stack.outputs.clear()
    stack._transformations.clear()


def new_engine(preview: bool = False, *, project: str = "preqly", stack: str = "test") -> Recorder:
    """A new Recorder, set as Pulumi's engine, for an update or a preview of a stack."""
    recorder = Recorder()
    mocks.set_mocks(recorder, project=project, stack=stack, preview=preview, monitor=_Monitor(recorder))
    SETTINGS.callbacks = _Hooks(recorder)
    return recorder


@functools.cache
def declared_with(**config: str) -> Recorder:
    """What the program declares with these settings. All tests share the run, so they only read it."""
    recorder = new_engine()
    recorder.run_program(**config)
    return recorder
