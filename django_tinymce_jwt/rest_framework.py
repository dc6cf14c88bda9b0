"""The token endpoint as a view of Django REST framework: DRF to ``endpoint`` and back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from .endpoint import METHODS, TokenEndpoint, require_service
from .rest_framework_schema import describe

__all__ = ["TokenAPIView"]


class TokenAPIView(TokenEndpoint, APIView):
    """As ``TokenView``, with the site's own authentication, permission and throttle classes.

    The answers are those of ``TokenView``, whatever the renderers and the exception handler of the site.
    """

    request: Request
    http_method_names = [method.lower() for method in METHODS]
    takes_authorization = True
    framework_errors = (APIException,)
    # The view has no queryset whose model permissions could be asked for.
    _ignore_model_permissions = True

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view. Raises ``ImproperlyConfigured`` for a ``service`` that Tiny does not have."""
        require_service(cls, initkwargs.get("service", cls.service))
        return super().as_view(**initkwargs)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.service = kwargs.get("service", self.service)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers: dict[str, str] = {}  # DRF would add an Allow of its own
        response = self.post(self.request, *args, **kwargs)
        return self.finalize_response(self.request, response, *args, **kwargs)

    @describe
    def post(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return a token for the authenticated user."""
        return self.get_reply().as_response()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Do what DRF does before the handler, but for permissions and throttles, which come later."""
        self.format_kwarg = self.get_format_suffix(**kwargs)
        negotiated = self.perform_content_negotiation(request, force=True)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version, request.versioning_scheme = self.determine_version(request, *args, **kwargs)
        self.perform_authentication(request)

    @property
    def http_request(self) -> HttpRequest:
        return self.request._request

    def run_authentication(self) -> None:
        self.initial(self.request, *self.args, **self.kwargs)

    def run_permissions(self) -> None:
        self.check_permissions(self.request)

    def run_throttles(self) -> None:
        self.check_throttles(self.request)

    def get_challenge(self) -> str | None:
        return self.get_authenticate_header(self.request)
