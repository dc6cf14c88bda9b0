"""Measures all figures of docs/performance.rst and docs/asgi.rst: ``make bench``. Prints the tables and writes them."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from . import report

HERE = Path(__file__).parent
# Each part runs in a process of its own. These numbers of rounds give steady medians within six minutes.
ROUNDS = {"token_cost": 40, "request_cost": 30, "startup_cost": 15, "parallelism": 8, "signers": 40, "server_cost": 6}

PACKAGES = (
    *("Django", "PyJWT", "cryptography", "granian", "gunicorn", "uvicorn", "pylibmc", "pymemcache"),
    *("boto3", "moto", "python-pkcs11"),
)


def run(part: str, *arguments: str) -> Any:
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{part}", str(ROUNDS[part]), *arguments]
    result = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(result.stdout)


def install_node_modules() -> list[str]:
    """Return the folder of Node's packages, or nothing where Node is not installed."""
    if not (shutil.which("node") and shutil.which("npm")):
        print("Left out: all rows of Node, which is not installed.", file=sys.stderr)
        return []
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=HERE / "node", check=True)
    return [str(HERE / "node")]


def machine() -> dict[str, Any]:
    installed = {distribution.name: distribution.version for distribution in distributions()}
    versions = {name: installed[name] for name in PACKAGES if name in installed}
    return {"cores": os.cpu_count(), "Python": sys.version, **versions}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the tables, the plot and a JSON of all figures")
    folder = parser.parse_args().folder
    modules = install_node_modules()
    started = time.monotonic()
    figures: dict[str, Any] = {"machine": machine()}
    figures["token_cost"] = run("token_cost", *modules)
    figures["request_cost"] = run("request_cost")
    figures["startup_cost"] = run("startup_cost")
    figures["parallelism"] = run("parallelism")
    figures["signers"] = run("signers")
    figures["server_cost"] = run("server_cost", *(["--modules", *modules] if modules else []))
    report.write(figures, folder)
    for rows in report.tables(figures).values():
        print(report.as_text(rows))
    print(f"Written to {folder} after {time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    main()
