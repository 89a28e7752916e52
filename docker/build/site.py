"""Arrange what the images hold, after the static files are collected: `site.py`, in the image's build."""

import compileall
import json
import py_compile
import shutil
import sys
from pathlib import Path

import compress
import nginx

import error_pages

TEMPLATES = Path("/build/nginx")
DOCUMENT = Path("/etc/django-hosting/application.json")
APPLICATION = Path("/app")
STATIC = Path("/srv/static")
KEPT = APPLICATION / ".static"
"""STATIC_ROOT of the running application: only what it reads, part of the layer with its code."""
FACTS = Path("/srv/facts.json")
WWW = Path("/srv/www")
"""The proxy's root: /srv/www/static/site.css is served at /static/site.css."""
NGINX = Path("/srv/nginx")
ERRORS = Path("/srv/errors")
CACHE = Path("/root/.cache/compressed")
LAYERS = Path("/srv/layers")
"""Files of the application that a change of code rarely changes, each folder a layer of the image."""
LARGE_BYTES = 64 * 1024
MANIFESTS = ("staticfiles.json", "manifest.json", "webpack-stats.json")
"""Files among the static ones that the application reads while it runs."""


def main() -> None:
    """Write nginx's files, static files with their compressed forms, and error pages; make /app as it is shipped."""
    document = json.loads(DOCUMENT.read_text())
    facts = json.loads(FACTS.read_text())
    keep_manifests(STATIC, KEPT)
    favicon = (STATIC / "favicon.ico").is_file() and bool(facts["static_url"])
    if facts["static_url"] and STATIC.is_dir():
        publish(STATIC, WWW, facts["static_url"])
        move_folders(WWW, LAYERS / "www", facts["static_url"], facts["static_package_folders"])
    for folder in (WWW, LAYERS / "www"):
        folder.mkdir(parents=True, exist_ok=True)
    write(NGINX, nginx.render(document, facts, favicon, TEMPLATES))
    own = document["proxy"]["error_pages"]
    error_pages.main(ERRORS, APPLICATION / own if own else None)
    clean(APPLICATION, [Path(folder) for folder in facts["static_folders"]])
    make_readable(APPLICATION)
    move_to_layers(APPLICATION, LAYERS)
    make_readable(LAYERS)
    # Templates of code and samples of tests need not be valid Python.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(APPLICATION, quiet=2, invalidation_mode=mode, workers=0)


def keep_manifests(static: Path, root: Path) -> None:
    """Copy manifests to where the application looks for them."""
    for file in [found for name in MANIFESTS for found in static.rglob(name)]:
        target = root / file.relative_to(static)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def publish(static: Path, www: Path, url: str) -> None:
    """Move the static files to their URL below the proxy's root, and compress them."""
    (static / "staticfiles.json").unlink(missing_ok=True)
    target = www / url.strip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    static.rename(target)
    compress.main(target, www / "-/brotli" / url.strip("/"), CACHE)


def move_folders(www: Path, layer: Path, url: str, names: list[str]) -> None:
    """Move these folders of static files, and their compressed forms, to the layer of what new code leaves as it is."""
    for place in (Path(url.strip("/")), Path("-/brotli", url.strip("/"))):
        for name in names:
            if (www / place / name).is_dir():
                (layer / place).mkdir(parents=True, exist_ok=True)
                (www / place / name).rename(layer / place / name)


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files that every user may read."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)


def clean(application: Path, kept: list[Path]) -> None:
    """Remove Node's packages, but for folders of static files: a release publishes them from there."""
    for file in application.rglob(".pnp.*"):
        file.unlink()
    for folder in sorted(path for name in ("node_modules", ".yarn") for path in application.rglob(name)):
        inside = [one for one in kept if one.is_relative_to(folder)]
        if not inside:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        for file in folder.rglob("*"):
            if not file.is_dir() and not any(file.is_relative_to(one) for one in inside):
                file.unlink()


def move_to_layers(application: Path, layers: Path) -> None:
    """Move binary files, such as pictures, and large texts, such as fixtures. Code and what is small stays."""
    for layer in ("binary", "text"):
        (layers / layer).mkdir(parents=True)
    for file in [path for path in application.rglob("*") if path.is_file() and not path.is_symlink()]:
        if file.suffix in {".py", ".pyc"} or file.is_relative_to(KEPT):
            continue
        with file.open("rb") as content:
            # As git tells them apart.
            binary = b"\0" in content.read(8000)
        if binary or file.stat().st_size >= LARGE_BYTES:
            target = layers / ("binary" if binary else "text") / file.relative_to(application)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.rename(target)


def make_readable(folder: Path) -> None:
    """The image's user may read everything and write nothing."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


if __name__ == "__main__":
    try:
        main()
    except error_pages.ErrorPageError as error:
        sys.exit(f"\n{error}")
