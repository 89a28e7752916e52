"""A container definition of ECS as arguments for Docker."""

from typing import Any

import pytest

from embedded_cloud.agents.ecs.tasks.container_definition import Placement, RenderError, render

PAUSE = Placement(pause="abc", task_cpu="256", task_memory="512")


def rendered(placement: Placement = PAUSE, **definition: Any) -> dict[str, Any]:
    return render({"name": "web", "image": "image", **definition}, placement)


def test_every_container_is_hardened_and_joins_the_tasks_network() -> None:
    options = rendered(
        user="10001:10001", readonlyRootFilesystem=True, linuxParameters={"capabilities": {"drop": ["ALL"]}}
    )
    assert options["security_opt"] == ["no-new-privileges:true"]
    assert options["network_mode"] == "container:abc"
    assert (options["user"], options["read_only"], options["cap_drop"]) == ("10001:10001", True, ["ALL"])


def test_a_tmpfs_keeps_its_size_and_options() -> None:
    entry = {"containerPath": "/tmp", "size": 64, "mountOptions": ["mode=1777", "nodev"]}  # noqa: S108
    assert rendered(linuxParameters={"tmpfs": [entry]})["tmpfs"] == {"/tmp": "size=64m,mode=1777,nodev"}  # noqa: S108


def test_no_container_may_use_more_than_its_task() -> None:
    options = rendered()
    assert (options["nano_cpus"], options["mem_limit"], options["memswap_limit"]) == (250_000_000, 512 << 20, 512 << 20)


def test_a_container_keeps_its_own_memory_limit() -> None:
    options = rendered(memory=128, memoryReservation=64)
    assert (options["mem_limit"], options["mem_reservation"]) == (128 << 20, 64 << 20)


def test_health_checks_are_in_nanoseconds_with_ecs_defaults() -> None:
    check = rendered(healthCheck={"command": ["CMD-SHELL", "true"], "startPeriod": 30})["healthcheck"]
    assert check == {
        "test": ["CMD-SHELL", "true"],
        "interval": 30_000_000_000,
        "timeout": 5_000_000_000,
        "retries": 3,
        "start_period": 30_000_000_000,
    }


def test_an_images_own_health_check_is_disabled() -> None:
    assert rendered()["healthcheck"] == {"test": ["NONE"]}


def test_variables_have_the_precedence_of_ecs() -> None:
    placement = Placement(
        pause="abc",
        environment={"A": "platform", "B": "platform", "C": "platform", "D": "platform"},
        secrets={"C": "secret", "D": "secret"},
        override={"environment": [{"name": "D", "value": "override"}]},
    )
    definition = [{"name": name, "value": "definition"} for name in "BCD"]
    assert rendered(placement, environment=definition)["environment"] == {
        "A": "platform",
        "B": "definition",
        "C": "secret",
        "D": "override",
    }


def test_secrets_do_not_show_in_a_placements_text() -> None:
    assert "hidden" not in repr(Placement(pause="abc", secrets={"A": "hidden"}, environment={"B": "hidden"}))


def test_volumes_and_files_are_mounted_at_their_paths() -> None:
    placement = Placement(pause="abc", volumes={"logs": "cloud-logs"}, files={"/host/ca.pem": "/etc/bundle.pem"})
    options = rendered(placement, mountPoints=[{"sourceVolume": "logs", "containerPath": "/logs", "readOnly": True}])
    assert options["volumes"] == {
        "/host/ca.pem": {"bind": "/etc/bundle.pem", "mode": "ro"},
        "cloud-logs": {"bind": "/logs", "mode": "ro"},
    }


@pytest.mark.parametrize(
    "definition",
    [
        {"privileged": True},
        {"environmentFiles": [{"value": "arn"}]},
        {"volumesFrom": [{"sourceContainer": "x"}]},
        {"mountPoints": [{"sourceVolume": "missing", "containerPath": "/x"}]},
    ],
)
def test_a_property_that_is_not_emulated_is_refused_by_name(definition: dict[str, Any]) -> None:
    with pytest.raises(RenderError, match="container web"):
        rendered(**definition)
