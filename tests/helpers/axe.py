"""axe-core, which judges how accessible a page is."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from .requirements import program

SOURCE = Path(__file__).parent.parent / "sites" / "accessibility"
# Kept beside Python's packages until the version changes.
FOLDER = Path(sys.prefix) / "axe" / hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()[:12]

RUN = """
async (exclude) => {
  const { violations } = await axe.run({ exclude }, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) => nodes.map(({ html, target }) => `${id}: ${help}: ${target}: ${html}`));
}
"""


def script():
    """The script's text; npm's package is installed first if need be."""
    path = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        _install()
    return path.read_text(encoding="utf-8")


def serious_findings(page, exclude=()):
    """What axe-core calls serious or critical on the page, one text for each element. ``exclude`` has selectors."""
    page.evaluate(script())
    return page.evaluate(RUN, list(exclude))


def _install():
    npm = program("npm", "npm")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, FOLDER)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    subprocess.run(command, cwd=FOLDER, check=True, timeout=300)
