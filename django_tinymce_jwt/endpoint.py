"""Who may have a token, in which order the cases are decided, and with which answer. No HTTP framework's view."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from math import ceil
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost, ImproperlyConfigured, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.request import RawPostDataException
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from . import conf
from .audit import log_safely, record_refused, savepoints
from .claims import ClaimMapper, get_claim_mapper_class, require_identity
from .conf import Configuration
from .conf.validation import nearest
from .display import error_text, printable
from .origins import cross_site_reason, has_deliberate_authorization
from .services import DEFAULT_SERVICE, SERVICES
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
TOO_MANY_REQUESTS = Answer(
    HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", _("There were too many requests. Try again later.")
)
REQUEST_TOO_LARGE = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request_too_large", _("The request is too large."))
INVALID_REQUEST = Answer(HTTPStatus.BAD_REQUEST, "invalid_request", _("The request could not be understood."))
TOKEN_UNAVAILABLE = Answer(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "token_unavailable",
    _("The service is not available at the moment. Try again later."),
)
ANSWERS = (
    METHOD_NOT_ALLOWED,
    UNKNOWN_SERVICE,
    CROSS_SITE,
    NOT_AUTHENTICATED,
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS,
    REQUEST_TOO_LARGE,
    INVALID_REQUEST,
    TOKEN_UNAVAILABLE,
)

# The answer to an exception of a framework, by its HTTP status.
BY_STATUS = {
    400: INVALID_REQUEST,
    401: NOT_AUTHENTICATED,
    403: PERMISSION_DENIED,
    404: UNKNOWN_SERVICE,
    406: UNKNOWN_SERVICE,
    415: INVALID_REQUEST,
    429: TOO_MANY_REQUESTS,
}


class Refused(Exception):
    """Ends a request with one of the answers; the text is the reason for the log and the developer.

    ``wait`` is the number of seconds after which the client may try again, if that is known.
    """

    def __init__(self, answer: Answer, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.answer = answer
        self.wait = wait


class Reply(NamedTuple):
    """What a view sends. ``body`` is None where there is none; no ``repr`` shows it, because it may hold a token."""

    status: int
    body: dict[str, Any] | None
    headers: dict[str, str]

    def __repr__(self) -> str:
        return f"<Reply {int(self.status)}>"

    def as_response(self) -> HttpResponse:
        response: HttpResponse
        if self.body is None:
            response = HttpResponse(status=self.status, headers={**self.headers, "Content-Length": "0"})
            del response["Content-Type"]
        else:
            response = JsonResponse(self.body, status=self.status, headers=self.headers)
        response["Vary"] = ", ".join(VARY)
        return response


# Every answer has these. `Vary` is merged with what the framework sets.
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
VARY = ("Cookie", "Origin")


class TokenEndpoint:
    """The attributes and hooks of every token view, and all decisions about a request.

    A view sets ``request`` and ``service``, calls ``get_reply()`` and sends what it returns. The view of a
    framework with authentication, permissions and throttles of its own also overrides the hooks named
    ``run_...``. Where these or ``get_user`` raise one of ``framework_errors``, its ``status_code`` tells the answer.
    """

    request: HttpRequest
    service: str = DEFAULT_SERVICE
    claim_mapper_class: type[ClaimMapper] | None = None
    # Whom the token is for; None until the user is known.
    user: Any = None
    # Whether users may authenticate by the Authorization header.
    takes_authorization = False
    framework_errors: tuple[type[Exception], ...] = ()

    @cached_property
    def configuration(self) -> Configuration:
        """The settings of the site, or of the request's tenant, who is asked for once."""
        return conf.read(self.http_request)

    @property
    def http_request(self) -> HttpRequest:
        """Django's request, where ``request`` is a framework's own."""
        return self.request

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
        mapper_class = self.claim_mapper_class or get_claim_mapper_class(self.configuration.require(self.service))
        return mapper_class(self.user, self.request).get_claims()

    def run_authentication(self) -> None:
        """Authenticate the request, so that ``get_user`` finds the user."""

    def run_permissions(self) -> None:
        """Raise if the request is not permitted."""

    def run_throttles(self) -> None:
        """Raise if there were too many requests; ``wait`` of the exception becomes ``Retry-After``."""

    def get_challenge(self) -> str | None:
        """Return the ``WWW-Authenticate`` header of the 401 answers, if they have one."""
        return None

    def get_reply(self) -> Reply:
        """Return the answer to ``self.request``. Raises nothing."""
        try:
            if self.http_request.method == "OPTIONS":
                return Reply(HTTPStatus.OK, None, {**HEADERS, "Allow": ", ".join(METHODS)})
            self._require_post_of_own_site()
            with savepoints():
                return self._issue()
        except Refused as refused:
            return self._refuse(refused.answer, str(refused), wait=refused.wait)
        except PermissionDenied as error:
            return self._refuse(PERMISSION_DENIED, f"The claim mapper refused: {error_text(error)}.")
        except Exception as error:
            return self._refuse(TOKEN_UNAVAILABLE, f"{error_text(error)}{of_host(self.http_request)}", error)

    def _require_post_of_own_site(self) -> None:
        request = self.http_request
        if request.method != "POST":
            method = printable(request.method, 40)
            raise Refused(METHOD_NOT_ALLOWED, f"The method is {method}. Send a POST request.")
        if not self.configuration.serves(self.service):
            if self.configuration.error is not None:
                raise Refused(UNKNOWN_SERVICE, f"TENANT_SETTINGS refused: {error_text(self.configuration.error)}.")
            raise Refused(UNKNOWN_SERVICE, "The service is not configured. List it in TINYMCE_JWT['SERVICES'].")
        if reason := cross_site_reason(request):
            if not (self.takes_authorization and has_deliberate_authorization(request)):
                raise Refused(CROSS_SITE, reason)
            _forget_cookies(request)
        # The rule above replaces the CSRF check of DRF's and Ninja's session authentication.
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]

    def _issue(self) -> Reply:
        try:
            self._admit()
        except Refused:
            raise
        except Exception as error:
            if refused := _refusal_by_status(error, self.framework_errors):
                raise refused from error
            raise
        _require_valid_body(self.http_request)
        require_identity(self.user)
        claims = self.get_claims()
        config = self.configuration.require(self.service)
        stamped = stamp_claims(claims, config)
        facts = {"user": self.user, "request": self.http_request, "mapper_class": self.claim_mapper_class}
        return Reply(HTTPStatus.OK, {"token": sign_stamped(stamped, config, **facts)}, HEADERS)

    def _admit(self) -> None:
        self.run_authentication()
        user = self.get_user()
        if user is None or not user.is_authenticated:
            raise Refused(NOT_AUTHENTICATED, "The request has no logged-in user. Log in on this site.")
        self.user = user
        if isinstance(error := self.configuration.error, PermissionDenied):
            raise Refused(PERMISSION_DENIED, f"TENANT_SETTINGS refused: {error_text(error)}.")
        self.run_permissions()
        # Settings errors are reported after request errors.
        config = self.configuration.services.get(self.service)
        if reason := refusal_reason(user, None if config is None else config.required_permission):
            raise Refused(PERMISSION_DENIED, reason)
        self.run_throttles()

    def _refuse(self, answer: Answer, reason: str, error: Exception | None = None, wait: float | None = None) -> Reply:
        level = logging.WARNING if error is None else logging.ERROR
        service = printable(self.service, 100)
        log_safely(logger, level, "No token for %r: %s. %s", service, answer.error, reason, error=error)
        record_refused(self.service, self.user, self.http_request, reason=answer.error)
        body = {"error": answer.error, "message": str(answer.message)}
        if settings.DEBUG:
            body["detail"] = reason
        return Reply(answer.status, body, {**HEADERS, **self._headers_of(answer, wait)})

    def _headers_of(self, answer: Answer, wait: float | None) -> dict[str, str]:
        if answer is METHOD_NOT_ALLOWED:
            return {"Allow": ", ".join(METHODS)}
        if answer is NOT_AUTHENTICATED and (challenge := self._challenge()):
            return {"WWW-Authenticate": challenge}
        if answer is TOO_MANY_REQUESTS and wait is not None:
            return {"Retry-After": str(ceil(wait))}
        return {}

    def _challenge(self) -> str | None:
        try:
            return self.get_challenge()
        except Exception as error:
            log_safely(logger, logging.ERROR, "No WWW-Authenticate: %s", error_text(error), error=error)
            return None


def of_host(request: HttpRequest) -> str:
    """Return, for the log of a site with tenants, whose request has failed; empty for other sites."""
    if conf.read().tenant_settings is None:
        return ""
    try:
        host = request.get_host()
    except DisallowedHost:
        host = request.META.get("HTTP_HOST", "")
    return f" (for the host {printable(host)!r})"


def require_service(view_class: type[TokenEndpoint], service: Any) -> None:
    """Raise ``ImproperlyConfigured`` for the ``service`` of a view that Tiny does not have."""
    if service not in SERVICES:
        raise ImproperlyConfigured(
            f"{view_class.__qualname__}.service is {service!r}, which is not one of Tiny's services. "
            f"{nearest(str(service), list(SERVICES))}"
        )


def refusal_reason(user: Any, required_permission: str | None) -> str | None:
    """Return why a logged-in user may not have a token, before the claim mapper is asked, or None."""
    if not user.is_active:
        return f"The user {printable(user.pk)} is not active."
    if required_permission is not None and not user.has_perm(required_permission):
        return f"The user {printable(user.pk)} lacks REQUIRED_PERMISSION {required_permission!r}. Grant it."
    return None


def _forget_cookies(request: HttpRequest) -> None:
    """Make the request one without cookies, session and user: its ``Authorization`` header alone counts.

    The browser has added the cookies by itself, and an authentication class might take them instead.
    """
    request.META.pop("HTTP_COOKIE", None)
    request.COOKIES = {}
    # What the asynchronous request.auser() has kept.
    vars(request).pop("_acached_user", None)
    request.user = None  # type: ignore[assignment]
    if hasattr(request, "session"):
        request.session = type(request.session)()
        request.user = get_user(request)


def _refusal_by_status(error: Exception, framework_errors: tuple[type[Exception], ...]) -> Refused | None:
    """Return the refusal that an exception of the view stands for, or None if the view has failed."""
    if isinstance(error, PermissionDenied):
        answer = PERMISSION_DENIED
    elif isinstance(error, Http404):
        answer = UNKNOWN_SERVICE
    elif isinstance(error, framework_errors) and (status := getattr(error, "status_code", None)) in BY_STATUS:
        answer = BY_STATUS[status]
    else:
        return None
    return Refused(answer, f"The view refused: {error_text(error)}.", getattr(error, "wait", None))


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
