#!/usr/bin/env python3
"""The licences of everything in the two images: `make licences` writes docs/licences.md with this.

    python ops/licences.py build/images/server build/images/cluster

Each folder is an environment made of a lock. Ends with 1, and writes nothing, if a package has a
licence that is not allowed, or one that it does not name as we know it.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ALLOWED = {
    "0BSD", "Apache-2.0", "Artistic-1.0-Perl", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0",
    "CNRI-Python", "ISC", "LGPL-3.0-or-later WITH exceptions", "MIT", "MIT-0", "MPL-1.1",
    "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib",
}  # fmt: skip
"""SPDX ids that may be shipped. No GPL, no AGPL, no SSPL; LGPL only where it is named below."""

NOTED = {
    "luqum": "offered under LGPL-3.0-or-later or Apache-2.0; taken under Apache-2.0",
    "marisa-trie": "its C++ part is offered under BSD-2-Clause or LGPL-2.1; taken under BSD-2-Clause",
    "psycopg2-binary": "LGPL, with exceptions; used unmodified, as a library of its own, by Airflow alone",
    "python-daemon": "the library is Apache-2.0; only its build files and tests are GPL-3.0, and not installed",
    "text-unidecode": "offered under Artistic or GPL; taken under the Artistic License",
    "tld": "offered under MPL-1.1, GPL-2.0 or LGPL-2.1; taken under MPL-1.1",
}
"""What a reader should know of a package's licence."""

CHOSEN = {
    "libcst": "MIT",
    "luqum": "Apache-2.0",
    "marisa-trie": "MIT AND BSD-2-Clause",
    "pathlib-abc": "PSF-2.0",
    "ply": "BSD-3-Clause",
    "psycopg2-binary": "LGPL-3.0-or-later WITH exceptions",
    "pystemmer": "MIT AND BSD-3-Clause",
    "python-daemon": "Apache-2.0",
    "text-unidecode": "Artistic-1.0-Perl",
    "tld": "MPL-1.1",
}
"""Where the package leaves a choice, or tells its licence in no way that a program understands."""

SPDX = {
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "the bsd 2-clause license": "BSD-2-Clause",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mit -or- apache license 2.0": "MIT OR Apache-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}
"""What packages write -> the SPDX id."""


@dataclass(frozen=True)
class Package:
    """A package, its licence as an SPDX expression, and the images that have it."""

    name: str
    licence: str
    images: tuple[str, ...]


def main(folders: list[str]) -> int:
    """Print the page; returns the exit code."""
    packages = list(found(Path(folder) for folder in folders))
    wrong = [package for package in packages if not is_allowed(package.licence)]
    for package in wrong:
        sys.stderr.write(f"{package.name}: the licence {package.licence!r} is not allowed\n")
    if wrong:
        return 1
    sys.stdout.write(page(packages))
    return 0


def found(folders: Iterable[Path]) -> Iterator[Package]:
    """Yield the packages of some environments, by name."""
    licences: dict[str, str] = {}
    images: dict[str, list[str]] = {}
    for folder in folders:
        places = [str(path) for path in folder.glob("lib/python*/site-packages")]
        for distribution in importlib.metadata.distributions(path=places):
            name = normal(distribution.name)
            licences[name] = licence_of(name, distribution.metadata)
            images.setdefault(name, []).append(folder.name)
    for name in sorted(licences):
        yield Package(name, licences[name], tuple(images[name]))


def normal(name: str) -> str:
    """Return a package's name as locks write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(name: str, metadata: importlib.metadata.PackageMetadata) -> str:
    """Return the SPDX expression that a package's metadata gives, or what it wrote instead."""
    if name in CHOSEN:
        return CHOSEN[name]
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    written = str(metadata.get("License") or "").strip()
    if written and written != "UNKNOWN" and "\n" not in written:
        return SPDX.get(written.lower(), written)
    marks = [c for c in metadata.get_all("Classifier") or () if c.startswith("License ::")]
    names = [mark.rpartition(" :: ")[2].lower() for mark in marks]
    return " OR ".join(SPDX.get(each, each) for each in names) or "unknown"


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression can be met with allowed licences: all of AND, one of OR."""
    flat = expression.replace("(", " ").replace(")", " ").strip()
    if flat in ALLOWED:
        return True
    return any(
        all(part.strip() in ALLOWED for part in side.split(" AND "))
        for side in re.split(r" OR ", flat)
    )


def page(packages: Iterable[Package]) -> str:
    """Return docs/licences.md."""
    lines = [
        "# Licences",
        "",
        "Summitwatch is under Apache-2.0 (`LICENSE`). Data that it ships are told in",
        "`ingest/tag/data/NOTICE`. The images hold the packages below besides Python and Debian; made by",
        "`make licences`, which fails on a licence that `ops/licences.py` does not allow. No GPL is shipped.",
        "`make sbom` writes the bills of materials with versions and hashes (CycloneDX) to `dist/`.",
        "",
        "| package | licence | images | remark |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {p.name} | {p.licence} | {', '.join(p.images)} | {NOTED.get(p.name, '')} |"
        for p in packages
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
