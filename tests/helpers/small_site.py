"""A small site in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager

from .keys import private_pem
from .servers import ROOT


class SmallSite:
    """The running site; ``change`` changes its settings."""

    def __init__(self, process):
        self.process = process
        self.url = f"http://localhost:{self.answer()}"

    def answer(self):
        line = self.process.stdout.readline().strip()
        assert line, "The site has ended: what it said is above."
        return line

    def change(self, **settings):
        self.process.stdin.write(json.dumps(settings) + "\n")
        self.process.stdin.flush()
        assert self.answer() == "changed"


@contextmanager
def small_site(settings):
    """Yield a running site with the settings of that module and one user: ada, password countess."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": settings, "SITE_PRIVATE_KEY": private_pem()}
    command = [sys.executable, "-m", "tests.sites.serve"]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield SmallSite(process)
        finally:
            process.stdin.close()
            process.wait(timeout=30)
