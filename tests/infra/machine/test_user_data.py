"""User data: small, without a secret, and nothing in it that a shell would run."""

import subprocess
from dataclasses import replace

import pytest

from infra.machine.user_data import LIMIT_BYTES, Boot, render_user_data

BOOT = Boot(
    region="eu-west-1",
    bucket="machine-1a2b3c4",
    parameter="/preqly/prod/machine/release",
    log_group="app-logs",
    program=f"programs/{'a' * 64}.zip",
)


def test_it_is_a_shell_script_that_fits_into_user_data_many_times() -> None:
    script = render_user_data(BOOT)
    assert script.startswith("#!/bin/bash\n")
    assert len(script.encode()) < LIMIT_BYTES / 3
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_it_names_what_to_fetch_and_leaves_no_placeholder() -> None:
    script = render_user_data(BOOT)
    assert BOOT.program in script
    assert '"parameter": "/preqly/prod/machine/release"' in script
    assert "$region" not in script
    assert "$$" not in script


@pytest.mark.parametrize("value", ["", "a b", "a;b", "$(id)", "a'b", "a\nb"])
def test_a_value_that_is_more_than_a_word_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in user data"):
        render_user_data(replace(BOOT, bucket=value))
