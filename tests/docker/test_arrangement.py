"""What site.py makes of the collected files, in the places that the images take them from."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from infra.application.application import application_document
from infra.application.discovery import find_application
from tests.docker.scripts import script
from tests.docker.site import ROOT


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with its folders below tmp_path."""
    monkeypatch.setitem(
        sys.modules, "brotli", SimpleNamespace(__version__="1", compress=lambda content: b"br" + content)
    )
    module = script("site")
    places = {"APPLICATION": "app", "STATIC": "static", "FACTS": "facts.json", "WWW": "www", "DOCUMENT": "document"}
    for name, place in {
        **places,
        "KEPT": "app/.static",
        "NGINX": "nginx",
        "ERRORS": "errors",
        "CACHE": "cache",
        "LAYERS": "layers",
    }.items():
        monkeypatch.setattr(module, name, tmp_path / place)
    monkeypatch.setattr(module, "TEMPLATES", ROOT / "docker/nginx")
    (tmp_path / "document").write_text(application_document(find_application(ROOT / "app")))
    for name in (
        "app/error_pages/error.html",
        "app/node_modules/a/index.js",
        "static/site.css",
        "static/pwa/manifest.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x" * 1000)
    (tmp_path / "static/staticfiles.json").write_text("{}")
    (tmp_path / "app/manage.py").write_text("#!/usr/bin/env python\n")
    (tmp_path / "app/manage.py").chmod(0o700)
    (tmp_path / "app/template.py").write_text("{{ no Python }}")
    return module


def arrange(site: ModuleType, **facts: object) -> None:
    known = {"static_url": "/assets/", "media_url": "/media/", "static_folders": [], "static_package_folders": []}
    site.FACTS.write_text(json.dumps(known | facts))
    site.main()


def test_static_files_are_at_their_url_with_both_compressed_forms(site: ModuleType) -> None:
    arrange(site)
    found = {path.relative_to(site.WWW).as_posix() for path in site.WWW.rglob("*") if path.is_file()}
    assert {"assets/site.css", "assets/site.css.gz", "-/brotli/assets/site.css"} <= found
    assert "assets/staticfiles.json" not in found, "for the application alone"


def test_static_files_of_packages_are_in_a_layer_of_their_own(site: ModuleType) -> None:
    arrange(site, static_package_folders=["pwa", "none"])
    layer = site.LAYERS / "www"
    found = {path.relative_to(layer).as_posix() for path in layer.rglob("*") if path.is_file()}
    assert found == {"assets/pwa/manifest.json", "assets/pwa/manifest.json.gz", "-/brotli/assets/pwa/manifest.json"}
    assert not (site.WWW / "assets/pwa").exists()
    assert (site.WWW / "assets/site.css").exists()


def test_the_application_keeps_the_manifests_that_it_reads(site: ModuleType) -> None:
    arrange(site)
    found = {path.relative_to(site.KEPT).as_posix() for path in site.KEPT.rglob("*") if path.is_file()}
    assert found == {"staticfiles.json", "pwa/manifest.json"}


def test_static_files_that_the_proxy_does_not_serve_are_not_in_its_image(site: ModuleType) -> None:
    arrange(site, static_url=None)
    assert list(site.WWW.iterdir()) == []
    assert (site.NGINX / "nginx.conf").exists()


def test_every_user_may_read_the_application_and_only_scripts_run(site: ModuleType) -> None:
    arrange(site)
    assert (site.APPLICATION / "manage.py").stat().st_mode & 0o777 == 0o755
    assert (site.APPLICATION / "template.py").stat().st_mode & 0o777 == 0o644
    assert list(site.APPLICATION.rglob("manage.*.pyc"))


@pytest.mark.parametrize(("kept", "left"), [(False, False), (True, True)])
def test_packages_of_node_stay_only_where_static_files_are_taken_from(site: ModuleType, kept: bool, left: bool) -> None:
    folders = [str(site.APPLICATION / "node_modules/a")] if kept else []
    arrange(site, static_folders=folders)
    assert (site.APPLICATION / "node_modules/a/index.js").exists() is left


def test_binary_files_and_large_texts_are_in_layers_below_the_code(site: ModuleType) -> None:
    large = {"photo.jpg": b"\xff\0" * 500, "fixture.json": b"x" * site.LARGE_BYTES, "code.py": b"#" * site.LARGE_BYTES}
    for name, content in {**large, "page.html": b"small"}.items():
        (site.APPLICATION / "core").mkdir(exist_ok=True)
        (site.APPLICATION / "core" / name).write_bytes(content)
    (site.APPLICATION / "link.jpg").symlink_to("core/photo.jpg")
    (site.STATIC / "staticfiles.json").write_text("x" * site.LARGE_BYTES)
    arrange(site)
    found = {file.relative_to(site.LAYERS).as_posix() for file in site.LAYERS.rglob("*") if file.is_file()}
    assert found == {"binary/core/photo.jpg", "text/core/fixture.json"}
    assert {"code.py", "page.html", "__pycache__"} == {file.name for file in (site.APPLICATION / "core").iterdir()}
    assert (site.APPLICATION / "link.jpg").is_symlink()
    assert (site.LAYERS / "binary/core").stat().st_mode & 0o777 == 0o755


def test_a_favicon_among_the_static_files_is_served_at_the_root(site: ModuleType) -> None:
    (site.STATIC / "favicon.ico").write_bytes(b"x")
    arrange(site)
    assert (
        'location = /favicon.ico { rewrite ^ "/assets/favicon.ico" last; }' in (site.NGINX / "server.conf").read_text()
    )
