"""The token is for the user whom the site's middleware leaves, not for the one whom the session had at first."""

from __future__ import annotations

import logging

import pytest
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib.auth import get_user_model, logout
from django.contrib.auth.models import AnonymousUser
from django.test import AsyncClient
from django.utils.functional import SimpleLazyObject

from .helpers.endpoint import claims_of, client_of, each_server, error_of, send

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.endpoint_urls")]


class Middleware:
    """The site's own; ``change`` is what it does to the request. It has a sync form alone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        self.change(request)
        return self.get_response(request)


class InBothForms(Middleware):
    """As Django's own middleware: under ASGI, a coroutine."""

    async_capable = True

    def __init__(self, get_response):
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        return self._call(request) if iscoroutinefunction(self) else super().__call__(request)

    async def _call(self, request):
        await sync_to_async(self.change)(request)
        return await self.get_response(request)


class IdleLogout(Middleware):
    def change(self, request):
        assert request.user.is_authenticated
        logout(request)


class SecondFactor(Middleware):
    """Hides the user who has logged in with a password alone."""

    def change(self, request):
        assert request.user.is_authenticated
        request.user = AnonymousUser()


class LazySecondFactor(Middleware):
    def change(self, request):
        request.user = SimpleLazyObject(AnonymousUser)


class Impersonation(Middleware):
    def change(self, request):
        assert request.user.username == "ada"
        request.user = get_user_model().objects.get(username="grace")


class Deactivation(Middleware):
    def change(self, request):
        request.user.is_active = False


class IdleLogoutInBothForms(IdleLogout, InBothForms):
    pass


class SecondFactorInBothForms(SecondFactor, InBothForms):
    pass


class ImpersonationInBothForms(Impersonation, InBothForms):
    pass


@pytest.fixture
def grace(user):
    return get_user_model().objects.create_user("grace", first_name="Grace")


def answer(site, user, client_class, *middleware, **more):
    site.MIDDLEWARE = [*site.MIDDLEWARE, *(f"{__name__}.{item.__name__}" for item in middleware)]
    return send(client_of(user, client_class), **more)


@each_server
@pytest.mark.parametrize(
    "middleware", [IdleLogout, IdleLogoutInBothForms, SecondFactor, SecondFactorInBothForms, LazySecondFactor]
)
def test_user_whom_middleware_logs_out_gets_no_token(site, user, client_class, middleware):
    assert claims_of(answer(site, user, client_class))["sub"] == str(user.pk)
    assert error_of(answer(site, user, client_class, middleware)) == (401, "not_authenticated")


@each_server
@pytest.mark.parametrize("middleware", [Impersonation, ImpersonationInBothForms])
def test_token_is_for_the_user_whom_middleware_puts_in_place(site, user, grace, client_class, middleware, caplog):
    caplog.set_level(logging.INFO, logger="django_tinymce_jwt.audit")
    assert claims_of(answer(site, user, client_class, middleware))["sub"] == str(grace.pk)
    assert [record.user_pk for record in caplog.records if record.name.endswith("audit")] == [grace.pk]


@each_server
@pytest.mark.parametrize("first", [Impersonation, ImpersonationInBothForms])
def test_last_middleware_decides(site, user, grace, client_class, first):
    assert error_of(answer(site, user, client_class, first, SecondFactor)) == (401, "not_authenticated")


@each_server
def test_user_whom_middleware_deactivates_is_refused(site, user, client_class):
    assert error_of(answer(site, user, client_class, Deactivation)) == (403, "permission_denied")


@each_server
def test_permission_is_that_of_the_user_whom_middleware_puts_in_place(site, user, grace, client_class):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.view_user"}
    user.is_superuser = True
    user.save()
    assert claims_of(answer(site, user, client_class))
    assert error_of(answer(site, user, client_class, Impersonation)) == (403, "permission_denied")


@each_server
@pytest.mark.parametrize("name", ["grace", None])
def test_token_is_for_the_remote_user(site, user, grace, client_class, name):
    site.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.RemoteUserBackend", *site.AUTHENTICATION_BACKENDS]
    site.MIDDLEWARE = [
        *(item for item in site.MIDDLEWARE if not item.endswith("LoginRequiredMiddleware")),
        "django.contrib.auth.middleware.RemoteUserMiddleware",
    ]
    client = client_of(None, client_class)
    client.force_login(user, backend="django.contrib.auth.backends.RemoteUserBackend")
    # The web server sets it; under ASGI it is a header.
    remote = (
        {}
        if name is None
        else {"headers": {"Remote-User": name}}
        if client_class is AsyncClient
        else {"REMOTE_USER": name}
    )
    response = send(client, **remote)
    if name is None:
        assert error_of(response) == (401, "not_authenticated")
    else:
        assert claims_of(response)["sub"] == str(grace.pk)
