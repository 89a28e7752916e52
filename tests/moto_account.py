"""An AWS account in moto that a test empties service by service: a full reset builds every service again."""

from collections.abc import Iterator
from contextlib import contextmanager

from moto import mock_aws
from moto.backends import get_backend


@contextmanager
def moto_account() -> Iterator[None]:
    """AWS in moto, without a reset."""
    mock = mock_aws()
    mock.start(reset=False)
    try:
        yield
    finally:
        mock.stop(remove_data=False)


def empty(*services: str) -> None:
    """Delete what these services have in every account and region."""
    for service in services:
        for regions in list(get_backend(service).values()):
            for backend in list(regions.values()):
                backend.reset()
