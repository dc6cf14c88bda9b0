"""What a rule, a claim, a contract and a verdict are, and the rules that contracts are made of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeGuard
from urllib.parse import unquote

from .display import describe

DAY = 24 * 60 * 60
# The end of the year 9999. A larger number is milliseconds or a mistake, never a time.
LAST_SECOND = 253_402_300_799

MISSING = object()
# RFC 3986: a scheme, a colon, and only the characters that a URI may have.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Unicode's default-ignorable characters outside of the category Cf, and what bytes that are not UTF-8 become.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\ufffd\U000e0000-\U000e0fff]"
)
_PERMISSION = re.compile(r"ai(?::[^\s:]+)+")


class Context(NamedTuple):
    """Context that a rule may need besides the value; times in seconds since the epoch."""

    claims: Mapping[str, Any]
    audience: str | None
    now: float
    leeway: float


class Rule(NamedTuple):
    """One demand on a claim. A rule is only asked about values that the rules before it accept."""

    wanted: str
    accepts: Callable[[Any, Context], bool]


class Verdict(NamedTuple):
    """The result of one rule: what it wants, what was found, and what to do if that is not accepted."""

    subject: str
    wanted: str
    found: str
    accepted: bool
    hint: str = ""

    def __str__(self) -> str:
        return f"The claim '{self.subject}' is {self.found}; wanted: {self.wanted}."


class Claim(NamedTuple):
    """A claim and the rules for its value; ``path`` leads to the value through nested objects."""

    path: tuple[str, ...]
    rules: tuple[Rule, ...]
    required: bool = False

    @property
    def name(self) -> str:
        return ".".join(self.path)

    def value_in(self, claims: Mapping[str, Any]) -> Any:
        """Return the claim's value, or ``MISSING``."""
        value: Any = claims
        for key in self.path:
            value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
        return value

    def first_broken(self, value: Any, context: Context) -> Rule | None:
        """Return the first rule that the value breaks. A missing value breaks the first rule of a required claim."""
        if value is MISSING:
            return self.rules[0] if self.required else None
        for rule in self.rules:
            if not rule.accepts(value, context):
                return rule
        return None

    def verdict(self, value: Any, rule: Rule, accepted: bool) -> Verdict:
        return Verdict(self.name, rule.wanted, "missing" if value is MISSING else describe(value), accepted)


# Not a NamedTuple like the others: claim mappers are looked up by the identity of a contract.
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
        """Whether the site and the service share the secret that signs the tokens."""
        return self.algorithms[0].startswith("HS")

    def verdicts(
        self, claims: Mapping[str, Any], *, audience: str | None, now: float, leeway: float = 0
    ) -> Iterator[Verdict]:
        """Judge the claims rule by rule; of each claim, no rule after the first broken one."""
        context = Context(claims, audience, now, leeway)
        for claim in self.claims:
            value = claim.value_in(claims)
            broken = claim.first_broken(value, context)
            for rule in () if value is MISSING and broken is None else claim.rules:
                yield claim.verdict(value, rule, rule is not broken)
                if rule is broken:
                    break

    def first_failure(
        self, claims: Mapping[str, Any], *, audience: str | None, now: float, leeway: float = 0
    ) -> Verdict | None:
        """Return the first verdict that is not accepted, or None if the service would accept the claims."""
        # Every token pays for this. verdicts() also describes each value, and would cost another 7 % of a
        # signature (measured with benchmarks.compare).
        context = Context(claims, audience, now, leeway)
        for claim in self.claims:
            value = claim.value_in(claims)
            broken = claim.first_broken(value, context)
            if broken is not None:
                return claim.verdict(value, broken, False)
        return None


def is_text(value: Any, _: Context | None = None) -> bool:
    # A lone surrogate has no UTF-8 form, so Tiny would get another character or none.
    if not isinstance(value, str) or not value.strip():
        return False
    return value.isascii() or _SURROGATE.search(value) is None


def is_string_or_uri(value: str, _: Context) -> bool:
    return ":" not in value or _URI.fullmatch(value) is not None


def is_path(value: Any, _: Context) -> bool:
    if not is_text(value):
        return False
    path = value if value.isascii() and "%" not in value else _as_read(value)
    if path is None or not path.startswith("/") or "\\" in path or _CONTROL.search(path):
        return False
    return all(segment.strip() not in {"", ".", ".."} for segment in path[1:].split("/"))


def _as_read(path: str) -> str | None:
    """Return the path as a careless reader may understand it; None if that takes more rounds than any honest path."""
    for _ in range(10):
        text = _UNSEEN.sub("", unicodedata.normalize("NFKC", unquote(path)))
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
        if text == path:
            return path
        path = text
    return None


def has_no_none(value: str, _: Context) -> bool:
    return "None" not in value.split("/")


def is_time(value: Any, _: Context | None = None) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LAST_SECOND


def is_past(value: float, context: Context) -> bool:
    return value <= context.now + context.leeway


def is_future(value: float, context: Context) -> bool:
    return value > context.now - context.leeway


def is_after_issue(value: float, context: Context) -> bool:
    issued = context.claims.get("iat")
    return not is_time(issued) or value > issued


def is_within_a_day(value: float, context: Context) -> bool:
    issued = context.claims.get("iat")
    return not is_time(issued) or value - issued <= DAY


def is_audience(value: Any, context: Context) -> bool:
    return isinstance(value, str) and value == context.audience


def is_permission_list(value: Any, _: Context) -> bool:
    if not isinstance(value, (list, tuple)) or not value:
        return False
    return all(isinstance(name, str) and _PERMISSION.fullmatch(name) for name in value)


def lacks_admin(value: list[str], _: Context) -> bool:
    return "ai:admin" not in value


def is_object(value: Any, _: Context) -> bool:
    return isinstance(value, Mapping)
