"""Who may have a token, in which order the cases are decided, and with which answer. No HTTP framework's view."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.http.request import RawPostDataException
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import conf
from .audit import log_safely, record_refused, savepoints
from .claims import ClaimMapper, get_claim_mapper_class, require_identity
from .display import error_text, printable
from .origins import cross_site_reason
from .services import DEFAULT_SERVICE
from .tokens import sign_stamped, stamp_claims

logger = logging.getLogger("django_tinymce_jwt")

METHODS = ("POST", "OPTIONS")
MAX_BODY_SIZE = 64 * 1024  # bytes


class Answer(NamedTuple):
    """One row of the documented table of answers. The plugins show ``message`` to the user as HTML."""

    status: HTTPStatus
    error: str
    message: Promise


METHOD_NOT_ALLOWED = Answer(
    HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", _("Tokens are only given for POST requests.")
)
UNKNOWN_SERVICE = Answer(HTTPStatus.NOT_FOUND, "unknown_service", _("This service is not available on this site."))
CROSS_SITE = Answer(HTTPStatus.FORBIDDEN, "cross_site", _("Requests from another site are not allowed."))
NOT_AUTHENTICATED = Answer(
    HTTPStatus.UNAUTHORIZED, "not_authenticated", _("You are not logged in. Log in and try again.")
)
PERMISSION_DENIED = Answer(
    HTTPStatus.FORBIDDEN, "permission_denied", _("You do not have permission to use this service.")
)
REQUEST_TOO_LARGE = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request_too_large", _("The request is too large."))
INVALID_REQUEST = Answer(HTTPStatus.BAD_REQUEST, "invalid_request", _("The request could not be understood."))
TOKEN_UNAVAILABLE = Answer(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "token_unavailable",
    _("The service is not available at the moment. Try again later."),
)


class Refused(Exception):
    """Ends a request with one of the answers; the text is the reason for the log and the developer."""

    def __init__(self, answer: Answer, reason: str) -> None:
        super().__init__(reason)
        self.answer = answer


class Reply(NamedTuple):
    """What a view sends. ``body`` is None where there is none; no ``repr`` shows it, because it may hold a token."""

    status: int
    body: dict[str, Any] | None
    headers: dict[str, str]

    def __repr__(self) -> str:
        return f"<Reply {int(self.status)}>"


# Every answer has these. `Vary` is merged with what the framework sets.
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
VARY = ("Cookie", "Origin")


class TokenEndpoint:
    """The attributes and hooks of every token view, and all decisions about a request.

    A view sets ``request`` and ``service``, calls ``get_reply()`` and sends what it returns.
    """

    request: HttpRequest
    service: str = DEFAULT_SERVICE
    claim_mapper_class: type[ClaimMapper] | None = None
    # Whom the token is for; None until the user is known.
    user: Any = None

    def get_user(self) -> Any:
        """Return the user whom the token is for, by default ``self.request.user``; None means 401.

        May raise ``PermissionDenied`` (403). An object that is not a Django user needs ``pk``,
        ``is_authenticated``, ``is_active``, ``has_perm`` and ``get_username``.
        """
        return self.request.user

    def get_claims(self) -> dict[str, Any]:
        """Return the claims of ``self.user``, by default those of the claim mapper.

        May raise ``PermissionDenied`` (403). ``iat``, ``exp`` and ``aud`` are stamped afterwards.
        """
        mapper_class = self.claim_mapper_class or get_claim_mapper_class(conf.read().require(self.service))
        return mapper_class(self.user, self.request).get_claims()

    def get_reply(self) -> Reply:
        """Return the answer to ``self.request``. Raises nothing."""
        try:
            if self.request.method == "OPTIONS":
                return Reply(HTTPStatus.OK, None, {**HEADERS, "Allow": ", ".join(METHODS)})
            self._require_post_of_own_site()
            with savepoints():
                return self._issue()
        except Refused as refused:
            return self._refuse(refused.answer, str(refused))
        except Exception as error:
            text = error_text(error)
            if isinstance(error, PermissionDenied):
                who = "The view" if self.user is None else "The claim mapper"
                return self._refuse(PERMISSION_DENIED, f"{who} refused: {text}.")
            return self._refuse(TOKEN_UNAVAILABLE, text, error)

    def _require_post_of_own_site(self) -> None:
        if self.request.method != "POST":
            method = printable(self.request.method, 40)
            raise Refused(METHOD_NOT_ALLOWED, f"The method is {method}. Send a POST request.")
        if not conf.read().serves(self.service):
            raise Refused(UNKNOWN_SERVICE, "The service is not configured. List it in TINYMCE_JWT['SERVICES'].")
        if reason := cross_site_reason(self.request):
            raise Refused(CROSS_SITE, reason)

    def _issue(self) -> Reply:
        user = self.get_user()
        if user is None or not user.is_authenticated:
            raise Refused(NOT_AUTHENTICATED, "The request has no logged-in user. Log in on this site.")
        self.user = user
        # Settings errors are reported after request errors.
        config = conf.read().services.get(self.service)
        if reason := refusal_reason(user, None if config is None else config.required_permission):
            raise Refused(PERMISSION_DENIED, reason)
        _require_valid_body(self.request)
        require_identity(user)
        claims = self.get_claims()
        config = conf.read().require(self.service)
        stamped = stamp_claims(claims, config)
        facts = {"user": user, "request": self.request, "mapper_class": self.claim_mapper_class}
        return Reply(HTTPStatus.OK, {"token": sign_stamped(stamped, config, **facts)}, HEADERS)

    def _refuse(self, answer: Answer, reason: str, error: Exception | None = None) -> Reply:
        level = logging.WARNING if error is None else logging.ERROR
        service = printable(self.service, 100)
        log_safely(logger, level, "No token for %r: %s. %s", service, answer.error, reason, error=error)
        record_refused(self.service, self.user, self.request, reason=answer.error)
        body = {"error": answer.error, "message": str(answer.message)}
        if settings.DEBUG:
            body["detail"] = reason
        headers = {**HEADERS, "Allow": ", ".join(METHODS)} if answer is METHOD_NOT_ALLOWED else HEADERS
        return Reply(answer.status, body, headers)


def refusal_reason(user: Any, required_permission: str | None) -> str | None:
    """Return why a logged-in user may not have a token, before the claim mapper is asked, or None."""
    if not user.is_active:
        return f"The user {printable(user.pk)} is not active."
    if required_permission is not None and not user.has_perm(required_permission):
        return f"The user {printable(user.pk)} lacks REQUIRED_PERMISSION {required_permission!r}. Grant it."
    return None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# One for all requests: json.loads() makes a new one at each call that names an option.
_decode_json = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _require_valid_body(request: HttpRequest) -> None:
    """Raise ``Refused`` for a body that is too large, or that says it is JSON and is not a JSON object."""
    body = _read_body(request)
    content_type = request.content_type or ""
    if not (content_type == "application/json" or content_type.endswith("+json")) or not body.strip():
        return
    try:
        is_object = isinstance(_decode_json(body.decode("utf-8-sig")), dict)
    except (ValueError, RecursionError) as error:
        raise Refused(
            INVALID_REQUEST, f"The body is not valid JSON: {printable(error)}. Send {{}} or no body."
        ) from error
    if not is_object:
        raise Refused(INVALID_REQUEST, "The body is JSON, but not an object. Send {} or no body.")


def _read_body(request: HttpRequest) -> bytes:
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise Refused(INVALID_REQUEST, "The Content-Length is not a number.") from error
    if declared > MAX_BODY_SIZE:
        raise Refused(REQUEST_TOO_LARGE, f"The body has {declared} bytes; at most {MAX_BODY_SIZE} are accepted.")
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise Refused(REQUEST_TOO_LARGE, "The body is over DATA_UPLOAD_MAX_MEMORY_SIZE.") from error
    except UnreadablePostError as error:
        raise Refused(INVALID_REQUEST, f"The body could not be read: {printable(error)}.") from error
    except RawPostDataException:
        # Middleware has read the stream. The caller is not at fault, and the package's own mappers
        # do not need the body.
        return b""
    if len(body) > MAX_BODY_SIZE:
        raise Refused(REQUEST_TOO_LARGE, f"The body has {len(body)} bytes; at most {MAX_BODY_SIZE} are accepted.")
    return body
