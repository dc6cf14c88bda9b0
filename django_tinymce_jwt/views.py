"""The token endpoint as a class-based view of Django: HTTP to ``endpoint`` and back."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from .endpoint import METHODS, TokenEndpoint, require_service

__all__ = ["TokenView"]


class TokenView(TokenEndpoint, View):
    """Answers a logged-in user's POST with ``{"token": "<jwt>"}`` and everything else with JSON that says why not.

    ``service`` is the service that the token is for, ``claim_mapper_class`` overrides the setting
    ``CLAIM_MAPPER``. A subclass may override ``get_user`` and ``get_claims``.
    """

    http_method_names = [method.lower() for method in METHODS]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view. Raises ``ImproperlyConfigured`` for a ``service`` that Tiny does not have."""
        require_service(cls, initkwargs.get("service", cls.service))
        # Here and not on dispatch(), so that both also hold for a subclass with its own dispatch().
        # Tiny Drive cannot send a CSRF token, and no plugin can follow a redirect to a login page.
        return login_not_required(csrf_exempt(super().as_view(**initkwargs)))

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.service = kwargs.get("service", self.service)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.get_reply().as_response()
