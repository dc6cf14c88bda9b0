"""The token endpoint's answers other than a token, one for each row of the documented table."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Answer(NamedTuple):
    """One row of the documented table of answers. The plugins show ``message`` to their user as HTML."""

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
    HTTPStatus.INTERNAL_SERVER_ERROR, "token_unavailable", _("The service is not available now. Try again later.")
)


class Refused(Exception):
    """Ends a request with one of the answers; the text is the reason for the log and the developer."""

    def __init__(self, answer: Answer, reason: str) -> None:
        super().__init__(reason)
        self.answer = answer
