"""The machine's disk: a file system of its own size, so that it can be full. Only the standard library, as init.py."""

import fcntl
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

VOLUME = Path("/var/lib/instance")
"""The volume that holds the disk; it is as large as the host's own disk."""
TARGET = Path("/var/lib/docker")
"""Docker's data: what fills a machine's disk."""
CONTROL = Path("/dev/loop-control")
GET_FREE = 0x4C82
LOOP_MAJOR, SPARE = 7, 16


def mount(gigabytes: int, say: Callable[[str], None]) -> None:
    """Mount an ext4 of this size at Docker's folder, made at the first boot; the plain volume where the host has no
    loop devices for it."""
    TARGET.mkdir(parents=True, exist_ok=True)
    try:
        _mount_image(VOLUME / "disk.img", gigabytes)
    except (OSError, subprocess.CalledProcessError) as error:
        say(f"the disk has no limit of its own here: {error}")
        folder = VOLUME / "docker"
        folder.mkdir(exist_ok=True)
        subprocess.run(["mount", "--bind", str(folder), str(TARGET)], check=True)


def _mount_image(image: Path, gigabytes: int) -> None:
    if not image.exists():
        fresh = image.with_suffix(".new")
        with fresh.open("wb") as file:
            # Sparse: takes as much of the host's disk as is written to it.
            file.truncate(gigabytes << 30)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(fresh)], check=True)
        fresh.rename(image)
    _make_devices()
    subprocess.run(["mount", "-o", "loop,discard", str(image), str(TARGET)], check=True)


def _make_devices() -> None:
    """Nodes of loop devices, the next free one among them: the container's own /dev has none. More than one, for
    another machine may take the free one first."""
    with CONTROL.open("rb") as control:
        free = fcntl.ioctl(control, GET_FREE)
    for number in range(free + SPARE):
        node = Path(f"/dev/loop{number}")
        if not node.exists():
            os.mknod(node, stat.S_IFBLK | 0o660, os.makedev(LOOP_MAJOR, number))
