"""A recording engine and an empty configuration for every test."""

import functools
import gc
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import botocore.session
import pulumi.runtime.resource
import pytest
from hypothesis import settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto.source_pb2 import StackTrace

from infra.composition import dns, environment
from infra.dns.existing import Existing
from infra.provider import simulation
from infra.provider.lacking import Lacking
from infra.release import hooks
from infra.release.record import ReleaseRecord
from infra.secrets.existing import ExistingSecret
from infra.secrets.reference import SecretReference
from local.setup.pulumi_engine import find_engine
from tests.recorder import Recorder, declared_with, new_engine

# A busy machine is slow; that is no fault of the code. Every run draws other examples.
settings.register_profile("short-without-deadline", deadline=None, max_examples=50)
settings.load_profile("short-without-deadline")
# `embedded_cloud.testing.engine_stack` looks on PATH; set-up keeps the engine in the tool cache.
os.environ.setdefault("EMBEDDED_CLOUD_PULUMI", str(find_engine() or "pulumi"))


COMPLETED: list[tuple[str, ReleaseRecord]] = []
"""Releases that programs completed, with the name of the parameter for their record."""


def pytest_collection_finish() -> None:
    """Keep what is imported by now out of each garbage collection, and collect less often.

    The SDK and moto are a million objects. With Python's thresholds a fifth of the time goes into collections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 20)


@pytest.fixture(autouse=True)
def _no_configuration() -> Iterator[None]:
    """Keep settings of one test from the next."""
    set_all_config({}, [])
    yield
    set_all_config({}, [])


@pytest.fixture(scope="session", autouse=True)
def _one_loader() -> Iterator[None]:
    """Read each description of an AWS service once: botocore reads them anew for every session."""
    with pytest.MonkeyPatch.context() as patch:
        # The embedded cloud's tests do the same; both share the loader.
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_stack_traces() -> Iterator[None]:
    """Keep the SDK from reading a stack trace for each resource, a quarter of the time of a recorded program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi.runtime.resource, "_get_stack_trace", StackTrace)
        yield


def _complete(_session: Any, parameter: str, release: ReleaseRecord, *_: Any) -> ReleaseRecord:
    COMPLETED.append((parameter, release))
    return replace(release, number=1)


@pytest.fixture(scope="session", autouse=True)
def _every_release_runs() -> Iterator[None]:
    """Answer for AWS, which every update asks whether its release runs and is on record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks, "wait_for_rollout", lambda *_: {})
        patch.setattr(hooks, "complete", _complete)
        yield


@pytest.fixture(scope="session", autouse=True)
def _an_account_with_the_zone_alone() -> Iterator[None]:
    """Answer for AWS, which every program asks what the account has already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dns, "look_up", lambda _, wanted: Existing(zone_id=None if wanted.create_zone else "Z0EXISTING"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _a_caller_that_lacks_nothing() -> Iterator[None]:
    """Answer for IAM, which every preview asks what the caller may do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "ask", lambda *_: Lacking(who="arn:aws:iam::123456789012:role/administrator"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _an_account_with_every_existing_secret() -> Iterator[None]:
    """Answer for AWS, which a program with `existingSecrets` asks for each of them."""
    key = "arn:aws:kms:us-east-1:123456789012:key/team"

    def described(_session: Any, _project: str, wanted: Mapping[str, SecretReference]) -> dict[str, ExistingSecret]:
        return {name: ExistingSecret(reference=one, version="v-7", key_arn=key) for name, one in wanted.items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "look_up", described)
        yield


@pytest.fixture
def engine() -> Recorder:
    """A fresh recording engine for project `preqly`, stack `test`, with an empty configuration."""
    return new_engine()


@pytest.fixture(scope="session")
def declared() -> Recorder:
    """What the program declares with default settings; read it, do not run anything in it."""
    return declared_with()
