"""`python -m embedded_cloud start|remove|types|services`."""

import argparse
import logging
import os
import shutil
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from embedded_cloud.config import Clocks, CloudConfig, packet_filter_from_environment
from embedded_cloud.endpoints import Endpoints
from embedded_cloud.images.images import ImageError, ensure

ROLES = ("postgres", "valkey", "haproxy", "registry", "pause", "interface")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "types":
        return _list_types()
    if options.command == "services":
        return _services(options.write)
    config = CloudConfig(
        name=options.name,
        state_dir=options.state_dir.absolute(),
        api_port=options.api_port,
        http_port=options.http_port,
        https_port=options.https_port,
        registry_port=options.registry_port,
        dns_zones=tuple(options.zone),
        clocks=Clocks.from_environment(os.environ),
        packet_filter=packet_filter_from_environment(os.environ),
    )
    return _remove(config) if options.command == "remove" else _start(config, agents=options.agents)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embedded_cloud", description="AWS on one machine")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start the cloud, print its environment, run until Ctrl-C")
    remove = commands.add_parser("remove", help="remove containers, volumes, images and state of a stopped cloud")
    commands.add_parser("types", help="list the supported resource types")
    services = commands.add_parser("services", help="say in a table what each service does here")
    services.add_argument("--write", type=Path, nargs="+", default=[], help="documents that have the table")
    for command in (start, remove):
        command.add_argument("--name", default=CloudConfig.name, help="label of every Docker object")
        command.add_argument("--state-dir", type=Path, default=Path(".embedded-cloud"), help="folder with all state")
        for port in ("api", "http", "https", "registry"):
            default = getattr(CloudConfig, f"{port}_port")
            command.add_argument(f"--{port}-port", type=int, default=default, help=f"on 127.0.0.1, default {default}")
        command.add_argument("--zone", action="append", default=[], help="public hosted zone of the account")
    start.add_argument(
        "--no-agents", dest="agents", action="store_false", help="AWS's API alone: no Docker, nothing runs"
    )
    return parser


def _start(config: CloudConfig, *, agents: bool) -> int:
    # moto and the SDK take seconds to import.
    from embedded_cloud.serving import running  # noqa: PLC0415

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        images = ensure(ROLES, _say, _no_base) if agents else config.images
    except ImageError as error:
        _say(str(error))
        return 1
    with running(replace(config, images=images), agents=agents) as endpoints:
        sys.stdout.write(_environment(endpoints))
        sys.stdout.flush()
        stopping.wait()
    return 0


def _environment(endpoints: Endpoints) -> str:
    variables = {**endpoints.aws_environment(), "PULUMI_DEBUG_PROVIDERS": endpoints.debug_providers()}
    return "".join(f"export {name}={value}\n" for name, value in variables.items())


def _remove(config: CloudConfig) -> int:
    from embedded_cloud.containers.cleanup import remove_all, remove_images  # noqa: PLC0415

    remove_all(config.name)
    remove_images(config.registry_port)
    shutil.rmtree(config.state_dir, ignore_errors=True)
    return 0


def _list_types() -> int:
    from embedded_cloud.providers.catalog import as_text, resource_types  # noqa: PLC0415

    sys.stdout.write(as_text(resource_types()))
    return 0


def _services(documents: list[Path]) -> int:
    from embedded_cloud import emulation  # noqa: PLC0415

    if documents:
        emulation.write(documents)
    else:
        sys.stdout.write(emulation.table())
    return 0


def _no_base(_release: str) -> None:
    raise ImageError("No image registry answers. Pull or build the images of the cloud first: see its README.")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
