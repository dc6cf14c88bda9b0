"""What a contract is: rules on claims, and the verdict on a set of claims, rule by rule."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeGuard

DAY = 24 * 60 * 60
# The end of the year 9999: a number beyond it is milliseconds or a mistake, never a time.
LAST_SECOND = 253_402_300_799

_MISSING = object()
# RFC 3986: a scheme, a colon, and nothing but the characters that a URI is made of.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PERMISSION = re.compile(r"ai(?::[^\s:]+)+")
_SHORTENED = reprlib.Repr()
_SHORTENED.maxstring = _SHORTENED.maxother = 80


class Circumstances(NamedTuple):
    """What a rule is judged by beside the claim itself; times in seconds since the epoch."""

    claims: Mapping[str, Any]
    audience: str | None
    now: float
    leeway: float


class Rule(NamedTuple):
    """One demand on a claim. A rule is only asked about a value that kept the rules before it."""

    wanted: str
    accepts: Callable[[Any, Circumstances], bool]


class Claim(NamedTuple):
    """What a contract says of one claim, which ``path`` leads to."""

    path: tuple[str, ...]
    rules: tuple[Rule, ...]
    required: bool = False

    @property
    def name(self) -> str:
        return ".".join(self.path)

    def value_in(self, claims: Mapping[str, Any]) -> Any:
        """Return the claim's value, or ``_MISSING``."""
        value: Any = claims
        for key in self.path:
            value = value.get(key, _MISSING) if isinstance(value, dict) else _MISSING
        return value

    def first_broken(self, circumstances: Circumstances) -> Rule | None:
        """Return the first rule that the claim breaks; a claim that is missing breaks the first, if it is required."""
        value = self.value_in(circumstances.claims)
        if value is _MISSING:
            return self.rules[0] if self.required else None
        for rule in self.rules:
            if not rule.accepts(value, circumstances):
                return rule
        return None


class Finding(NamedTuple):
    """How a claim fares with one rule of its contract."""

    claim: str
    value: Any
    wanted: str
    accepted: bool

    def __str__(self) -> str:
        return f"The claim '{self.claim}' is {shown(self.value)}; wanted: {self.wanted}."


# Not a NamedTuple, as the rest are for the sake of the import time: claim mappers are looked up by its identity.
@dataclass(frozen=True, eq=False)
class Contract:
    """What a service demands of a token; lifetimes in seconds.

    The first of ``algorithms`` is the default. ``audience_setting`` names the setting that holds
    ``aud``, if the service wants that claim.
    """

    claims: tuple[Claim, ...]
    algorithms: tuple[str, ...]
    audience_setting: str | None = None
    min_lifetime: int = 1
    max_lifetime: int | None = None

    @property
    def symmetric(self) -> bool:
        """Whether tokens are signed with a secret that the service shares, not with a private key."""
        return self.algorithms[0].startswith("HS")

    def findings(
        self, claims: Mapping[str, Any], *, audience: str | None, now: float, leeway: float = 0
    ) -> Iterator[Finding]:
        """Judge the claims rule by rule; of each claim up to the first rule that it breaks."""
        circumstances = Circumstances(claims, audience, now, leeway)
        for claim in self.claims:
            broken, value = claim.first_broken(circumstances), claim.value_in(claims)
            for rule in () if value is _MISSING and broken is None else claim.rules:
                yield Finding(claim.name, value, rule.wanted, rule is not broken)
                if rule is broken:
                    break

    def first_failure(
        self, claims: Mapping[str, Any], *, audience: str | None, now: float, leeway: float = 0
    ) -> Finding | None:
        """Return what is wrong with the claims, or None if the service would accept them."""
        # Not next(findings(...)): every token pays here, and a generator costs as much as the rules.
        circumstances = Circumstances(claims, audience, now, leeway)
        for claim in self.claims:
            broken = claim.first_broken(circumstances)
            if broken is not None:
                return Finding(claim.name, claim.value_in(claims), broken.wanted, False)
        return None


def shown(value: Any) -> str:
    """The value as a message shows it: shortened, with its type."""
    if value is _MISSING:
        return "missing"
    try:
        text = _SHORTENED.repr(value)
    except Exception:  # a number of more digits than Python prints, or an object whose repr() fails
        text = "a value that cannot be shown"
    return f"{text} ({type(value).__name__})"


def is_text(value: Any, _: Circumstances | None = None) -> bool:
    # A lone surrogate has no UTF-8 form: it would reach Tiny as another character, or not at all.
    if not isinstance(value, str) or not value.strip():
        return False
    return value.isascii() or _SURROGATE.search(value) is None


def is_string_or_uri(value: str, _: Circumstances) -> bool:
    return ":" not in value or _URI.fullmatch(value) is not None


def is_root(value: Any, _: Circumstances) -> bool:
    if not is_text(value) or not value.startswith("/") or "\\" in value or _CONTROL.search(value):
        return False
    return all(segment.strip() not in {"", ".", ".."} for segment in value[1:].split("/"))


def is_time(value: Any, _: Circumstances | None = None) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LAST_SECOND


def is_past(value: float, circumstances: Circumstances) -> bool:
    return value <= circumstances.now + circumstances.leeway


def is_future(value: float, circumstances: Circumstances) -> bool:
    return value > circumstances.now - circumstances.leeway


def is_after_issue(value: float, circumstances: Circumstances) -> bool:
    issued = circumstances.claims.get("iat")
    return not is_time(issued) or value > issued


def is_within_a_day(value: float, circumstances: Circumstances) -> bool:
    issued = circumstances.claims.get("iat")
    return not is_time(issued) or value - issued <= DAY


def is_audience(value: Any, circumstances: Circumstances) -> bool:
    return isinstance(value, str) and value == circumstances.audience


def is_permission_list(value: Any, _: Circumstances) -> bool:
    if not isinstance(value, (list, tuple)) or not value:
        return False
    return all(isinstance(name, str) and _PERMISSION.fullmatch(name) for name in value)


def lacks_admin(value: list[str], _: Circumstances) -> bool:
    return "ai:admin" not in value


def is_object(value: Any, _: Circumstances) -> bool:
    return isinstance(value, Mapping)
