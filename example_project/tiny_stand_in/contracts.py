"""The rules of each service for the claims of a token, written from Tiny's documentation.

They are independent of the rules in django_tinymce_jwt, so that the one can show an error in the other.
A contract is a function that checks the claims one by one and refuses the token at the first wrong one.
"""

import json
import re

from .refusals import wrong_claim

ROOT = "https://claims.tiny.cloud/drive/root"
PERMISSIONS = "auth.ai.permissions"
DAY = 24 * 60 * 60
LAST_SECOND = 253_402_300_799  # of the year 9999
MISSING = object()
# JSON can hold a lone surrogate, and a database cannot store it.
SURROGATE = re.compile("[\ud800-\udfff]")


class Claims:
    """The claims of a token by their dotted names; ``now`` is in seconds since the epoch."""

    def __init__(self, payload, now):
        self.payload = payload
        self.now = now

    def get(self, name):
        # The name of the root claim contains dots itself.
        if name in self.payload:
            return self.payload[name]
        value = self.payload
        for part in name.split("."):
            if not isinstance(value, dict) or part not in value:
                return MISSING
            value = value[part]
        return value

    def require(self, name, wanted, accepts):
        """Refuse the token unless it has the claim and ``accepts`` returns true for the value."""
        value = self.get(name)
        if value is MISSING or not accepts(value):
            raise wrong_claim(name, shown(value), wanted)

    def allow(self, name, wanted, accepts):
        """Refuse the token if it has the claim and ``accepts`` returns false for the value."""
        if self.get(name) is not MISSING:
            self.require(name, wanted, accepts)


def shown(value):
    """Return the value as it is in the token, as JSON, shortened."""
    text = "missing" if value is MISSING else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def drive(claims, account):
    claims.require("sub", "a string, the same for one user at all times", is_text)
    claims.require("name", "a string: the user's name, shown beside the files", is_text)
    claims.allow(ROOT, "an absolute path such as /johndoe, without empty, '.' or '..' parts", is_path)
    claims.allow(
        "iat", "a time in the past, in seconds since 1970", lambda value: is_time(value) and value <= claims.now
    )
    require_future_end(claims)


def converter(claims, account):
    require_audience(claims, account["API_KEY"], "the API key of the account")
    require_times(claims)


def ai(claims, account):
    require_audience(claims, account["API_KEY"], "the API key of the account")
    require_ai_claims(claims)


def ai_on_premises(claims, account):
    require_audience(claims, account["ENVIRONMENT_ID"], "the Environment ID")
    require_ai_claims(claims, leeway=60)
    claims.require(PERMISSIONS, "no 'ai:admin' and no '*' on premises", lambda held: not {"ai:admin", "*"} & set(held))


def require_ai_claims(claims, leeway=0):
    claims.require("sub", "a string, the same for one user at all times", is_text)
    require_times(claims, leeway)
    issued = claims.get("iat")
    claims.require("exp", "at most 24 hours after 'iat'", lambda value: value - issued <= DAY)
    claims.require(PERMISSIONS, "a list of strings such as 'ai:models:agent'", is_list_of_text)
    claims.allow("user.name", "a string", is_text)
    claims.allow("user.email", "a string", is_text)


def require_audience(claims, audience, what):
    claims.require("aud", f"{what}, {shown(audience)}", lambda value: value == audience)


def require_times(claims, leeway=0):
    latest = claims.now + leeway
    wanted = f"a time in the past, in seconds since 1970 (now it is {claims.now})"
    claims.require("iat", wanted, lambda value: is_time(value) and value <= latest)
    require_future_end(claims, leeway)


def require_future_end(claims, leeway=0):
    earliest = claims.now - leeway
    wanted = f"a time in the future, in seconds since 1970 (now it is {claims.now})"
    claims.require("exp", wanted, lambda value: is_time(value) and value > earliest)


def is_text(value):
    return isinstance(value, str) and value.strip() != "" and not SURROGATE.search(value)


def is_time(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LAST_SECOND


def is_path(value):
    if not is_text(value) or not value.startswith("/") or not value.isprintable() or "\\" in value:
        return False
    return all(part not in ("", ".", "..") for part in value[1:].split("/"))


def is_list_of_text(value):
    return isinstance(value, list) and value != [] and all(map(is_text, value))
