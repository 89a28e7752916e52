"""The embedded cloud supports everything that the program declares, and the real engine plans it."""

import os
import subprocess
import sys
from typing import Any

import pytest

from embedded_cloud.providers.catalog import catalog
from embedded_cloud.providers.inputs.checking import Naming, check, check_arguments
from embedded_cloud.providers.values import decode, encode
from local.runtime import ROOT
from local.setup.pulumi_engine import find_engine
from tests.recorder import Recorder


def plain_inputs(inputs: Any) -> dict[str, Any]:
    return decode(encode(Recorder.plain(inputs))).values


def test_every_resource_has_an_entry_that_takes_its_inputs(program: Recorder) -> None:
    refused = []
    for resource in program.resources:
        if not resource.custom or resource.typ.startswith("pulumi:"):
            continue
        entry = catalog(resource.typ.partition(":")[0]).resource(resource.typ)
        naming = Naming(name=resource.name, seed=b"seed")
        for failure in check(entry, plain_inputs(resource.inputs), {}, naming, {}):
            refused.append(f"{resource.typ} {resource.name}: {failure.property}: {failure.reason}")
    assert refused == []


def test_every_function_has_an_entry_that_takes_its_arguments(program: Recorder) -> None:
    assert program.calls
    for call in program.calls:
        function = catalog(call.token.partition(":")[0]).function(call.token)
        assert check_arguments(function, plain_inputs(call.args)) == []


@pytest.mark.engine
@pytest.mark.skipif(find_engine() is None, reason="no Pulumi engine on this machine; `make up` gets one")
def test_the_real_engine_plans_production_without_an_account() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "AWS_"))}
    planned = subprocess.run(
        [sys.executable, "-m", "local", "preview"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert planned.returncode == 0, planned.stderr
    for line in ("+ aws:ecs:Service web-service", "+ aws:rds:Instance database-instance", "+ docker:index:Image"):
        assert line in planned.stdout
