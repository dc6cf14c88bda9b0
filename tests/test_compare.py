"""``benchmarks.compare`` measures the package of each of two checkouts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Costs four tokens instead of one.
SLOW = """

def issue_token(*arguments, **keywords):
    from .tokens import issue_token

    return [issue_token(*arguments, **keywords) for _ in range(4)][0]
"""


def compare(other):
    command = [sys.executable, "-m", "benchmarks.compare", other, "--pairs", "1", "--rounds", "3", "--imports", "3"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_compare_measures_the_package_of_the_other_checkout(tmp_path):
    package = tmp_path / "django_tinymce_jwt"
    shutil.copytree(ROOT / "django_tinymce_jwt", package, ignore=shutil.ignore_patterns("__pycache__"))
    with (package / "__init__.py").open("a") as file:
        file.write(SLOW)
    files = sorted(tmp_path.rglob("*"))
    done = compare(tmp_path)
    assert done.returncode == 0, done.stderr
    # The other checkout may be one that nobody may write to.
    assert sorted(tmp_path.rglob("*")) == files
    rows = {line.split("  ")[0]: re.findall(r"[\d.]+(?= \()", line) for line in done.stdout.splitlines()[1:] if line}
    assert [*rows] == ["issue_token", "request for a token, db session", "import of the package"]
    here, other, ratio = map(float, rows["issue_token"])
    assert other > 2 * here
    assert ratio < 0.5
    # A signature is a part of each token, and a token of each request.
    assert 1 < here < float(rows["request for a token, db session"][0])


def test_compare_refuses_a_folder_without_the_package(tmp_path):
    done = compare(tmp_path)
    assert done.returncode != 0
    assert f"{tmp_path} has no package django_tinymce_jwt" in done.stderr
