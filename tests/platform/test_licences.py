"""Every package of the images is listed with a licence that may be shipped; the bill of materials."""

import importlib.metadata
import re
from pathlib import Path

import licences
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "licences.md").read_text("utf-8")
ROWS = {
    name: (licence, images.split(", "))
    for name, licence, images in re.findall(
        r"^\| ([a-z0-9-]+) \| ([^|]+) \| ([^|]+) \|", PAGE, re.MULTILINE
    )
    if licence != "licence"
}


def locked(name):
    """The packages of a lock that Linux installs."""
    lock = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    for line in re.findall(r"^(\S+==.*?) \\$", lock, re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"sys_platform": "linux"}):
            yield licences.normal(requirement.name)


@pytest.mark.parametrize("image", ["server", "cluster"])
def test_every_package_of_an_image_is_listed(image):
    listed = {name for name, (_, images) in ROWS.items() if image in images}
    missing = set(locked(image)) - listed
    assert not missing, "run: make licences"


def test_every_listed_licence_may_be_shipped():
    assert len(ROWS) > 150
    for name, (licence, _) in ROWS.items():
        assert licences.is_allowed(licence), name
        if "LGPL" in licence or name in licences.NOTED:
            assert f"| {licences.NOTED[name]} |" in PAGE


def test_what_is_installed_here_says_what_the_page_says():
    checked = 0
    for name, (licence, _) in ROWS.items():
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        assert licences.licence_of(name, metadata) == licence, name
        checked += 1
    assert checked > 40


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT AND PSF-2.0", True),
        ("MPL-1.1 OR GPL-2.0-only", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-only OR SSPL-1.0", False),
        ("LGPL-2.1-or-later", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_what_is_allowed(expression, allowed):
    assert licences.is_allowed(expression) == allowed


def test_a_forbidden_package_is_named_and_nothing_printed(tmp_path, capsys):
    info = tmp_path / "lib/python3.11/site-packages/copyleft-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: copyleft\nVersion: 1\nLicense-Expression: GPL-3.0-only\n")
    assert licences.main([str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "copyleft: the licence 'GPL-3.0-only' is not allowed" in printed.err
    assert printed.out == ""
