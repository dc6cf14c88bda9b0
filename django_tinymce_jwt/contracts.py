"""The contract of each of Tiny's services.

The facts are from the pages "JWT authentication" of Tiny Drive, of the document converters and of
TinyMCE AI in https://www.tiny.cloud/docs/tinymce/latest/.
"""

from __future__ import annotations

from . import rules
from .rules import Claim, Contract, Rule

ROOT_CLAIM = "https://claims.tiny.cloud/drive/root"
CLOUD_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")

_IS_TIME = Rule("a number of seconds since the epoch", rules.is_time)
_IS_PAST = Rule("not in the future", rules.is_past)
_IS_TEXT = Rule("a string, not blank", rules.is_text)

_SUB = Claim(
    ("sub",),
    (
        Rule("a string, not blank, that no other user has", rules.is_text),
        Rule("no ':' unless it is a valid URI (RFC 7519, StringOrURI)", rules.is_string_or_uri),
    ),
    required=True,
)
_NAME = Claim(("name",), (Rule("a string, not blank: the name that Tiny Drive shows", rules.is_text),), required=True)
_ROOT = Claim(
    (ROOT_CLAIM,),
    (
        Rule(
            "an absolute path such as '/johndoe', without empty, '.' or '..' segments, backslashes or "
            "control characters",
            rules.is_path,
        ),
        Rule("no segment 'None', which a missing value becomes in an f-string", rules.has_no_none),
    ),
)
_API_KEY = Claim(
    ("aud",), (Rule("the site's Tiny API key (setting API_KEY), a string", rules.is_audience),), required=True
)
_ENVIRONMENT_ID = Claim(
    ("aud",), (Rule("the Environment ID (setting ENVIRONMENT_ID), a string", rules.is_audience),), required=True
)
_IAT = Claim(("iat",), (_IS_TIME, _IS_PAST), required=True)
_OPTIONAL_IAT = Claim(("iat",), (_IS_TIME, _IS_PAST))
_NBF = Claim(("nbf",), (_IS_TIME, _IS_PAST))
_EXP = Claim(
    ("exp",),
    (
        _IS_TIME,
        Rule("in the future (otherwise the token has expired)", rules.is_future),
        Rule("later than 'iat'", rules.is_after_issue),
    ),
    required=True,
)
_EXP_WITHIN_A_DAY = Claim(
    ("exp",), (*_EXP.rules, Rule("at most 24 hours after 'iat'", rules.is_within_a_day)), required=True
)
_PERMISSIONS = Claim(
    ("auth", "ai", "permissions"),
    (
        Rule(
            "a list of one or more strings such as 'ai:models:agent', without empty segments or white space",
            rules.is_permission_list,
        ),
    ),
    required=True,
)
_PERMISSIONS_ON_PREMISES = Claim(
    _PERMISSIONS.path,
    (*_PERMISSIONS.rules, Rule("no 'ai:admin', which the on-premises service refuses", rules.lacks_admin)),
    required=True,
)
_USER = (
    Claim(("user",), (Rule("an object", rules.is_object),)),
    Claim(("user", "name"), (_IS_TEXT,)),
    Claim(("user", "email"), (_IS_TEXT,)),
)

DRIVE = Contract(claims=(_SUB, _NAME, _ROOT, _OPTIONAL_IAT, _NBF, _EXP), algorithms=CLOUD_ALGORITHMS)
DOCUMENT_CONVERTER = Contract(
    claims=(_API_KEY, _IAT, _NBF, _EXP), algorithms=CLOUD_ALGORITHMS, audience_setting="API_KEY"
)
# The AI plugin asks for a new token 60 s before the old one expires. With a lifetime of less than
# twice that, it would ask almost without a pause.
AI = Contract(
    claims=(_API_KEY, _SUB, _IAT, _NBF, _EXP_WITHIN_A_DAY, _PERMISSIONS, *_USER),
    algorithms=CLOUD_ALGORITHMS,
    audience_setting="API_KEY",
    min_lifetime=120,
    max_lifetime=rules.DAY,
)
AI_ON_PREMISES = Contract(
    claims=(_ENVIRONMENT_ID, _SUB, _IAT, _NBF, _EXP_WITHIN_A_DAY, _PERMISSIONS_ON_PREMISES, *_USER),
    algorithms=("HS256",),
    audience_setting="ENVIRONMENT_ID",
    min_lifetime=120,
    max_lifetime=rules.DAY,
)
