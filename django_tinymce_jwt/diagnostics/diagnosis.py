"""What the doctor says: one line for each thing looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# "note" is what cannot be seen from here, or is for information alone.
State = Literal["ok", "note", "warning", "wrong"]


@dataclass(frozen=True)
class Diagnosis:
    """One finding; ``mend`` says what to do about it, and is empty where there is nothing to do."""

    area: str
    state: State
    text: str
    mend: str = ""


def ok(area: str, text: str) -> Diagnosis:
    return Diagnosis(area, "ok", text)


def note(area: str, text: str) -> Diagnosis:
    return Diagnosis(area, "note", text)


def warning(area: str, text: str, mend: str) -> Diagnosis:
    return Diagnosis(area, "warning", text, mend)


def wrong(area: str, text: str, mend: str) -> Diagnosis:
    return Diagnosis(area, "wrong", text, mend)
