"""The token endpoint as a router of Django Ninja: Ninja to ``endpoint`` and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import ceil
from typing import Any

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.errors import HttpError, Throttled
from ninja.operation import Operation, PathView

from .endpoint import ANSWERS, TokenEndpoint
from .services import DEFAULT_SERVICE

__all__ = ["token_router"]

# What an object needs to be the user of a token.
USER_ATTRIBUTES = ("pk", "is_authenticated", "is_active", "has_perm", "get_username")


class TinymceToken(Schema):
    """A token."""

    token: str


class TinymceRefusal(Schema):
    """Why there is no token: ``error`` for programs, ``message`` for the editor's user."""

    error: str
    message: str
    detail: str | None = None


def token_router(**kwargs: Any) -> Router:
    """Return a router with the token endpoints; ``kwargs`` (``auth``, ``throttle``, ``tags``, ...) are ``Router``'s.

    The user is what ``auth`` returned if that is a user, else ``request.user``.
    """
    router = Router(**kwargs)
    router.path_operations = {"": _PathView(), "/{service}/": _PathView()}
    responses = {200: TinymceToken, **{int(answer.status): TinymceRefusal for answer in ANSWERS}}
    body = {"requestBody": {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}}
    router.post("", response=responses, openapi_extra=body, url_name="token")(tinymce_token)
    router.post("/{service}/", response=responses, openapi_extra=body, url_name="service-token")(tinymce_service_token)
    return router


# The operations of the OpenAPI schema. A request is answered by _Operation.run().
def tinymce_token(request: HttpRequest) -> None:
    """Return a token for Tiny Drive."""


def tinymce_service_token(request: HttpRequest, service: str) -> None:
    """Return a token for a service."""


class _Endpoint(TokenEndpoint):
    takes_authorization = True
    framework_errors = (HttpError,)
    # What an ``auth`` callable returned.
    auth: Any = None

    def __init__(self, operation: Operation, request: HttpRequest, service: str) -> None:
        self.operation = operation
        self.request = request
        self.service = service

    def run_authentication(self) -> None:
        for callback in self.operation.auth_callbacks:
            result = callback(self.request)
            if hasattr(result, "__await__"):
                result = async_to_sync(_await)(result)
            if result:
                self.auth = self.request.auth = result  # type: ignore[attr-defined]
                return

    def get_user(self) -> Any:
        if self.operation.auth_callbacks and self.auth is None:
            return None
        if all(hasattr(self.auth, name) for name in USER_ATTRIBUTES):
            return self.auth
        return getattr(self.request, "user", None)

    def run_throttles(self) -> None:
        # All are asked, because each counts the request.
        refusing = [item for item in self.operation.throttle_objects if not item.allow_request(self.request)]
        if refusing:
            waits = [wait for wait in (throttle.wait() for throttle in refusing) if wait is not None]
            raise Throttled(ceil(max(waits)) if waits else None)


async def _await(result: Any) -> Any:
    return await result


class _Operation(Operation):
    """Leaves authentication and throttles to the endpoint, which runs them in the documented order."""

    @property
    def operation_id(self) -> str | None:
        """An id that is made of the path, because a site may have several of these routers in one API."""
        api = getattr(self, "api", None)
        names: list[str] = []
        for pattern in api._get_urls() if api else []:
            operation = getattr(pattern.callback, "operation", None)
            if isinstance(operation, _Operation):
                names.append("_".join([*re.findall(r"\w+", str(pattern.pattern)), "token"]))
                if operation is self:
                    # Two paths may have the same words.
                    count = names.count(names[-1])
                    return names[-1] if count == 1 else f"{names[-1]}_{count}"
        return None

    @operation_id.setter
    def operation_id(self, value: str | None) -> None:
        """Ninja sets what its decorators were given, which is nothing here."""

    def run(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return _Endpoint(self, request, kwargs.get("service", DEFAULT_SERVICE)).get_reply().as_response()


class _PathView(PathView):
    """Passes requests of every method on, and to anonymous users too: the endpoint has JSON answers to them."""

    def add_operation(self, path: str, methods: list[str], view_func: Callable[..., Any], **options: Any) -> Operation:
        operation = _Operation(path, methods, view_func, **options)
        self.operations.append(operation)
        return operation

    def clone(self) -> PathView:
        cloned = _PathView()
        cloned.operations = [operation.clone() for operation in self.operations]
        return cloned

    def get_view(self) -> Callable[..., HttpResponse]:
        [operation] = self.operations

        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return operation.run(request, *args, **kwargs)

        view.operation = operation  # type: ignore[attr-defined]
        view.csrf_exempt = True  # type: ignore[attr-defined]
        view.login_required = False  # type: ignore[attr-defined]
        view.view_class = _Endpoint  # type: ignore[attr-defined]  # how the system checks know the endpoint
        return view
