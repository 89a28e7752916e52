"""User data: small, without a secret, nothing in it that a shell would run; a first boot that fails is not the end."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from infra.machine.user_data import LIMIT_BYTES, Boot, render_user_data

BOOT = Boot(
    region="eu-west-1",
    bucket="machine-1a2b3c4",
    parameter="/preqly/prod/machine/release",
    log_group="app-logs",
    program=f"programs/{'a' * 64}.zip",
)
HEAD, SWAP = "#!/bin/bash", "# Room for"
STAND_IN = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n'


def part(beginning: str) -> str:
    """The script from this line on, to the next empty line that a comment follows; the head has its functions too."""
    script = render_user_data(BOOT)
    begin = script.index(beginning)
    return script[begin : script.index("# Packages" if beginning == HEAD else "\n\n", begin)]


def run(script: str, folder: Path, **commands: str) -> tuple[int, list[str]]:
    """Exit code of this, and what it called of the commands that stand here for the machine's."""
    calls = folder / "calls"
    calls.touch()
    for name, then in ({"sleep": "", "systemctl": ""} | commands).items():
        (folder / name).write_text(STAND_IN + then)
        (folder / name).chmod(0o755)
    told = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls)}
    done = subprocess.run(["bash"], input=script, text=True, env=told, check=False, capture_output=True)
    return done.returncode, calls.read_text().splitlines()


def test_it_is_a_shell_script_that_fits_into_user_data_many_times() -> None:
    script = render_user_data(BOOT)
    assert script.startswith("#!/bin/bash\n")
    assert len(script.encode()) < LIMIT_BYTES / 2
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


@pytest.mark.parametrize("failing", ["false", "echo $unknown", "made() { false; }; made", "again false"])
def test_a_machine_made_by_half_powers_off_after_a_while_for_its_group_to_start_another(
    failing: str, tmp_path: Path
) -> None:
    code, calls = run(f"{part(HEAD)}\n{failing}\necho not reached > {tmp_path}/reached", tmp_path)
    assert code != 0
    assert calls[-2:] == ["sleep 300", "systemctl poweroff"]
    assert not (tmp_path / "reached").exists()


def test_a_machine_that_is_made_stays_on(tmp_path: Path) -> None:
    assert run(f"{part(HEAD)}\ntrue", tmp_path) == (0, [])


def test_what_is_away_for_a_moment_is_asked_again(tmp_path: Path) -> None:
    flaky = f'[ "$(grep -c ^curl {tmp_path}/calls)" -ge 3 ]'
    code, calls = run(f"{part(HEAD)}\nagain curl it", tmp_path, curl=flaky)
    assert (code, calls) == (0, ["curl it", "sleep 5", "curl it", "sleep 15", "curl it"])


@pytest.mark.parametrize("fetched", ["install_packages", "install_agent", "fetch_program"])
def test_everything_from_outside_is_asked_again(fetched: str) -> None:
    lines = [line.strip() for line in render_user_data(BOOT).splitlines()]
    assert f"{fetched}() {{" in lines
    assert f"again {fetched}" in lines
    assert fetched not in lines


def test_swap_is_there_after_a_reboot_and_noted_once(tmp_path: Path) -> None:
    swap = part(SWAP).replace("/swapfile", f"{tmp_path}/swapfile").replace("/etc/fstab", f"{tmp_path}/fstab")
    made = {"fallocate": f"touch {tmp_path}/swapfile", "mkswap": "", "swapon": ""}
    for _ in range(2):
        assert run(f"set -e\n{swap}", tmp_path, **made)[0] == 0
    assert (tmp_path / "fstab").read_text() == f"{tmp_path}/swapfile none swap sw 0 0\n"


def test_swap_that_cannot_be_is_left_out(tmp_path: Path) -> None:
    swap = part(SWAP).replace("/swapfile", f"{tmp_path}/swapfile").replace("/etc/fstab", f"{tmp_path}/fstab")
    made = {"fallocate": f"touch {tmp_path}/swapfile", "mkswap": "", "swapon": "false"}
    assert run(f"set -e\n{swap}", tmp_path, **made)[0] == 0
    assert not (tmp_path / "fstab").exists()
    assert not (tmp_path / "swapfile").exists()


def test_a_new_kernel_runs_after_a_reboot_at_night() -> None:
    script = render_user_data(BOOT)
    assert 'Unattended-Upgrade::Automatic-Reboot "true";' in script
    assert 'Unattended-Upgrade::Automatic-Reboot-Time "02:00";' in script
