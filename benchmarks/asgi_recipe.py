"""The asgi.py of docs/asgi.rst."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

PAGE = Path(__file__).parent.parent / "docs" / "asgi.rst"


def block(file: str) -> str:
    """Return the code block of the page that goes into this file."""
    found = re.findall(
        rf"^\.\. code-block:: python\n\n((?: +# {re.escape(file)}\n)(?: +.*\n|\n)+)", PAGE.read_text(), re.MULTILINE
    )
    if len(found) != 1:
        raise ValueError(f"{PAGE} has {len(found)} blocks for {file}.")
    return dedent(found[0]).strip() + "\n"
