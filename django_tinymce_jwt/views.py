"""The token endpoint: HTTP and nothing else."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from traceback import format_exception_only
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from .answers import (
    CROSS_SITE,
    METHOD_NOT_ALLOWED,
    NOT_AUTHENTICATED,
    PERMISSION_DENIED,
    TOKEN_UNAVAILABLE,
    UNKNOWN_SERVICE,
    Answer,
    Refused,
)
from .audit import record_refused
from .body import require_valid_body
from .claims import ClaimMapper, get_claim_mapper_class
from .conf import get_service_config, is_configured
from .origins import cross_site_reason
from .conf.defaults import DEFAULT_SERVICE
from .tokens import sign_claims

__all__ = ["AsyncTokenView", "TokenView"]

logger = logging.getLogger("django_tinymce_jwt")


class TokenEndpoint(View):
    """What both views share: who may have a token, and how every refusal is answered."""

    http_method_names = ["post", "options"]
    service: str = DEFAULT_SERVICE
    claim_mapper_class: type[ClaimMapper] | None = None
    _user: Any = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        # Here and not on dispatch(), so that the exemptions hold for a subclass with a dispatch() of
        # its own. Tiny Drive cannot send a CSRF token, and no plugin can follow a login redirect.
        return login_not_required(csrf_exempt(super().as_view(**initkwargs)))

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.service = kwargs.get("service", self.service)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = HttpResponse(headers={"Allow": self._allow, "Content-Length": "0"})
        del response["Content-Type"]
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = self._refuse(METHOD_NOT_ALLOWED, f"The method is {request.method}; send a POST request.")
        response["Allow"] = self._allow
        return response

    @property
    def _allow(self) -> str:
        return ", ".join(name.upper() for name in self.http_method_names)

    def _mapped_claims(self) -> dict[str, Any]:
        mapper_class = self.claim_mapper_class or get_claim_mapper_class(get_service_config(self.service))
        return mapper_class(self.request.user, self.request).get_claims()

    def _require_own_site(self) -> None:
        if not is_configured(self.service):
            raise Refused(UNKNOWN_SERVICE, "The service is not configured; list it in TINYMCE_JWT['SERVICES'].")
        if reason := cross_site_reason(self.request):
            raise Refused(CROSS_SITE, f"{reason}; add the site to CSRF_TRUSTED_ORIGINS if it is yours.")

    def _require_active(self, user: Any) -> str | None:
        """Refuse a user who is not logged in or not active; return the permission that is wanted too."""
        if not user.is_authenticated:
            raise Refused(NOT_AUTHENTICATED, "The request has no session of a logged-in user; log in on this site.")
        self._user = user
        if not user.is_active:
            raise Refused(PERMISSION_DENIED, f"The user {user.pk} is not active.")
        try:
            return get_service_config(self.service).required_permission
        except ImproperlyConfigured:
            return None  # The answer to wrong settings has its place after the answers to wrong requests.

    def _require_permission(self, permission: str, granted: bool) -> None:
        if not granted:
            reason = f"The user {self._user.pk} lacks REQUIRED_PERMISSION {permission!r}; grant it."
            raise Refused(PERMISSION_DENIED, reason)

    def _answer_to(self, error: Exception) -> HttpResponse:
        if isinstance(error, Refused):
            return self._refuse(error.answer, str(error))
        # str() of an exception of the mapper's may itself raise; format_exception_only() does not.
        text = "".join(format_exception_only(error)).strip()
        if isinstance(error, PermissionDenied):
            return self._refuse(PERMISSION_DENIED, f"The claim mapper refused: {text}.")
        return self._refuse(TOKEN_UNAVAILABLE, text, error)

    def _refuse(self, answer: Answer, reason: str, error: Exception | None = None) -> HttpResponse:
        level = logging.WARNING if error is None else logging.ERROR
        logger.log(level, "No token for %r: %s. %s", self.service, answer.error, reason, exc_info=error)
        record_refused(self.service, self._user, self.request, reason=answer.error)
        body = {"error": answer.error, "message": str(answer.message)}
        if settings.DEBUG:
            body["detail"] = reason
        return JsonResponse(body, status=answer.status)


class TokenView(TokenEndpoint):
    """Answers ``{"token": "<jwt>"}`` to a logged-in user's POST, and JSON to everything else.

    ``claim_mapper_class`` goes before the settings' ``CLAIM_MAPPER``. A subclass may override
    ``get_claims``, which may raise ``PermissionDenied``.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return _protected(super().dispatch(request, *args, **kwargs))
        except Exception as error:
            return _protected(self._answer_to(error))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self._require_own_site()
        user: Any = request.user
        if permission := self._require_active(user):
            self._require_permission(permission, user.has_perm(permission))
        require_valid_body(request)
        claims = self.get_claims()
        token = sign_claims(claims, get_service_config(self.service), user=user, request=request)
        return JsonResponse({"token": token})

    def get_claims(self) -> dict[str, Any]:
        """Return the claims of ``self.request.user``; by default those of the claim mapper."""
        return self._mapped_claims()


class AsyncTokenView(TokenEndpoint):
    """The same for ASGI: session and user are awaited, and the signature is made off the event loop.

    ``get_claims`` is a coroutine here; the claim mapper, which may ask the database, runs in a thread.
    """

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        try:
            response: Any = super().dispatch(request, *args, **kwargs)
            return _protected(await response if inspect.isawaitable(response) else response)
        except Exception as error:
            return _protected(self._answer_to(error))

    async def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self._require_own_site()
        # `request.user` and `auser()` each ask the database once: LoginRequiredMiddleware has read the
        # former, where there is one, and the mapper will.
        user: Any = getattr(request, "_cached_user", None) or await request.auser()
        request.user = user
        if permission := self._require_active(user):
            self._require_permission(permission, await _in_thread(user.has_perm, permission))
        require_valid_body(request)
        claims = await self.get_claims()
        config = get_service_config(self.service)
        token = await asyncio.to_thread(sign_claims, claims, config, user=user, request=request)
        return JsonResponse({"token": token})

    async def get_claims(self) -> dict[str, Any]:
        """Return the claims of ``self.request.user``; by default those of the claim mapper."""
        claims: dict[str, Any] = await _in_thread(self._mapped_claims)
        return claims


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    # The site's code may raise anything, and a StopIteration cannot leave a thread: the caller would
    # wait for ever.
    def outcome() -> tuple[Any, Exception | None]:
        try:
            return function(*arguments), None
        except Exception as error:
            return None, error

    result, error = await sync_to_async(outcome)()
    if error is not None:
        raise error
    return result


def _protected(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ("Cookie", "Origin"))
    return response
