"""Repair of the stack's state and lock after a kill."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from local import state
from local.runtime import OperatorError


def lock_of(folder: Path, pid: int, hostname: str | None = None) -> Path:
    lock = folder / "state/.pulumi/locks/organization/preqly/local/1.json"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"pid": pid, "hostname": hostname or socket.gethostname()}))
    return lock


def test_the_lock_of_a_process_that_is_gone_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    lock = lock_of(tmp_path, process.pid)
    state.remove_stale_lock(tmp_path, "local")
    assert not lock.exists()


def test_the_lock_of_a_running_engine_is_respected(tmp_path: Path) -> None:
    lock = lock_of(tmp_path, os.getpid())
    with pytest.raises(OperatorError, match=f"Another run is changing the stack local .process {os.getpid()}."):
        state.remove_stale_lock(tmp_path, "local")
    assert lock.exists()


def states(folder: Path, present: str, before: str) -> Path:
    path = state.state_file(folder, "local")
    path.parent.mkdir(parents=True)
    path.write_text(present)
    path.with_name("local.json.bak").write_text(before)
    return path


@pytest.mark.parametrize("torn", ["", '{"checkpoint": {"la'])
def test_a_torn_state_is_replaced_by_the_engines_backup(tmp_path: Path, torn: str) -> None:
    path = states(tmp_path, torn, '{"version": 3}')
    state.restore_torn_state(tmp_path, "local")
    assert path.read_text() == '{"version": 3}'


def test_when_a_full_disk_tears_both_the_copy_from_before_the_run_is_used(tmp_path: Path) -> None:
    path = states(tmp_path, '{"version": 3}', "{}")
    state.back_up(tmp_path, "local")
    states_are_torn = (path, path.with_name("local.json.bak"))
    for file in states_are_torn:
        file.write_text('{"vers')
    state.restore_torn_state(tmp_path, "local")
    assert path.read_text() == '{"version": 3}'


def test_a_complete_state_is_never_replaced(tmp_path: Path) -> None:
    path = states(tmp_path, '{"version": 3}', "{}")
    state.restore_torn_state(tmp_path, "local")
    assert path.read_text() == '{"version": 3}'


def test_the_error_for_a_state_that_cannot_be_restored_names_the_fix(tmp_path: Path) -> None:
    states(tmp_path, "", "")
    with pytest.raises(OperatorError, match="Run make down, then make up"):
        state.restore_torn_state(tmp_path, "local")


def test_the_pending_operations_of_a_killed_run_are_known(tmp_path: Path) -> None:
    begun = {"resource": {"urn": "urn:pulumi:local::preqly::aws:ec2/vpc:Vpc::network"}, "type": "creating"}
    states(tmp_path, json.dumps({"checkpoint": {"latest": {"pending_operations": [begun]}}}), "{}")
    assert state.pending_operations(tmp_path, "local") == ["urn:pulumi:local::preqly::aws:ec2/vpc:Vpc::network"]


def test_a_stack_that_was_never_deployed_has_no_pending_operations(tmp_path: Path) -> None:
    assert state.pending_operations(tmp_path, "local") == []


def test_torn_attribute_files_are_removed_and_complete_ones_stay(tmp_path: Path) -> None:
    path = states(tmp_path, "{}", "{}")
    torn, whole = path.with_name("local.json.attrs"), path.with_name("local.json.bak.attrs")
    torn.touch()
    whole.write_text("{}")
    state.restore_torn_state(tmp_path, "local")
    assert not torn.exists()
    assert whole.exists()
