"""Fixtures of the package's tests."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from django_hosting.options import Options
from django_hosting.storages import ALIAS, media_storage

# One loader for all sessions, because reading the service models takes most of a client's creation.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)


@pytest.fixture
def options(settings) -> Callable[..., None]:
    """Change the platform's options for this test: `options(bucket="media")`."""

    def change(**changes: Any) -> None:
        settings.DJANGO_HOSTING = dataclasses.replace(settings.DJANGO_HOSTING or Options(), **changes)

    return change


@pytest.fixture
def signed(settings, options: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Keep uploads in a bucket of this name: `signed("media-1", AWS_REGION="eu-central-1")`."""

    def use(bucket: str, **environment: str) -> None:
        credentials = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1"}
        for name, value in (credentials | environment).items():
            monkeypatch.setenv(name, value)
        options(bucket=bucket)
        settings.STORAGES = settings.STORAGES | dict.fromkeys(("default", ALIAS), media_storage(bucket))

    return use
