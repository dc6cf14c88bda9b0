"""The React pages, bundled as sites do it: with npm's packages, by esbuild."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "sites" / "react"
LOCK = SOURCE / "package-lock.json"
# npm's packages are kept beside Python's until a version changes.
FOLDER = Path(sys.prefix) / "react-page" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
STATIC = FOLDER / "static"


class CannotBundle(Exception):
    """The message says what is missing."""


def bundle(source="page.jsx", output="react-page.js"):
    """Make the file of that name in ``STATIC``."""
    # npm writes this file when it has installed everything.
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        install()
    esbuild = FOLDER / "node_modules" / ".bin" / "esbuild"
    subprocess.run(
        [
            esbuild,
            SOURCE / source,
            "--bundle",
            "--minify",
            "--jsx=automatic",
            "--log-level=warning",
            f"--outfile={STATIC / output}",
        ],
        env={**os.environ, "NODE_PATH": str(FOLDER / "node_modules")},
        check=True,
        timeout=60,
    )


def install():
    npm = shutil.which("npm")
    if npm is None:
        raise CannotBundle("No npm: the tests of the React pages needs it. On Debian: apt-get install npm")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, FOLDER)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=300)
    if run.returncode:
        raise CannotBundle(f"npm cannot install what the tests of the React pages needs: {run.stderr}")
