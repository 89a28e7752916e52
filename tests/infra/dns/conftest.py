"""An AWS account for each test."""

from collections.abc import Iterator

import pytest

from tests.infra.dns.account import Account, moto, new_account


@pytest.fixture(scope="module")
def _moto() -> Iterator[None]:
    with moto():
        yield


@pytest.fixture
def aws_account(_moto: None) -> Account:
    """An account with one public zone `preqly.com`."""
    return new_account()
