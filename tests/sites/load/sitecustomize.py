"""Gives a server a clock of its own: the machine's, and as many seconds more as stand in the file LOAD_CLOCK."""

import os
import time
from pathlib import Path

if "LOAD_CLOCK" in os.environ:
    ahead, machines = Path(os.environ["LOAD_CLOCK"]), time.time
    time.time = lambda: machines() + float(ahead.read_text())
