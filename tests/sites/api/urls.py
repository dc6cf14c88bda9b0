"""The token endpoint of Django, of Django REST framework and of Django Ninja, with every kind of authentication."""

from __future__ import annotations

from dj_rest_auth.jwt_auth import JWTCookieAuthentication
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.urls import include, path
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.security import APIKeyHeader, HttpBasicAuth, HttpBearer, django_auth
from ninja.throttling import AnonRateThrottle, UserRateThrottle
from ninja_jwt.authentication import AsyncJWTAuth, JWTAuth
from rest_framework.authentication import BaseAuthentication, BasicAuthentication, SessionAuthentication
from rest_framework.authentication import TokenAuthentication as DRFTokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.permissions import DjangoModelPermissions, IsAdminUser
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.throttling import UserRateThrottle as DRFUserRateThrottle
from rest_framework.versioning import AcceptHeaderVersioning, URLPathVersioning
from rest_framework_simplejwt.authentication import JWTAuthentication

from django_tinymce_jwt.ninja import token_router
from django_tinymce_jwt.rest_framework import TokenAPIView


class FailingAuthentication(BaseAuthentication):
    def authenticate(self, request):
        raise ConnectionError("the directory is away")


class DirectoryError(Exception):
    """What another service has answered to this site says nothing about the user."""

    status_code = 401


class BrokenChallenge(BaseAuthentication):
    def authenticate(self, request):
        return None

    def authenticate_header(self, request):
        raise DirectoryError


class CookieAuthentication(BaseAuthentication):
    """Takes DRF's token from a cookie, also where the request has an ``Authorization`` header."""

    def authenticate(self, request):
        token = Token.objects.filter(key=request.COOKIES.get("token")).first()
        return None if token is None else (token.user, token)


class BodyAuthentication(BaseAuthentication):
    def authenticate(self, request):
        token = Token.objects.filter(key=request.data.get("key")).first()
        return None if token is None else (token.user, token)


class TwoADay(DRFUserRateThrottle):
    rate = "2/day"


class TwoADayForTheScope(ScopedRateThrottle):
    THROTTLE_RATES = {"tinymce": "2/day"}


class ScopedView(TokenAPIView):
    throttle_scope = "tinymce"


class VersionedView(TokenAPIView):
    """Has a folder for each version of the site's API."""

    def get_claims(self):
        return {**super().get_claims(), "https://claims.tiny.cloud/drive/root": f"/{self.request.version}"}


class ClosedView(TokenAPIView):
    """Has a check of its own where DRF's documentation has it."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if not request.user.is_staff:
            self.permission_denied(request)


class PathVersioning(URLPathVersioning):
    allowed_versions = ["v1", "v2"]


class AcceptVersioning(AcceptHeaderVersioning):
    allowed_versions = ["v1", "v2"]
    default_version = "v1"


def drf(*authentication_classes, view=TokenAPIView, **attributes):
    return view.as_view(authentication_classes=authentication_classes, **attributes)


def user_of(key):
    token = Token.objects.select_related("user").filter(key=key).first()
    return token and token.user


class Bearer(HttpBearer):
    def authenticate(self, request, token):
        return user_of(token)


class AsyncBearer(HttpBearer):
    async def authenticate(self, request, token):
        return await get_user_model().objects.filter(auth_token__key=token).afirst()


class APIKey(APIKeyHeader):
    """Returns an object that is not a user, and sets ``request.user``."""

    param_name = "X-API-Key"

    def authenticate(self, request, key):
        token = Token.objects.filter(key=key).first()
        request.user = token.user if token else AnonymousUser()
        return token


class Basic(HttpBasicAuth):
    def authenticate(self, request, username, password):
        user = get_user_model().objects.filter(username=username).first()
        return user if user and user.check_password(password) else None


def failing(request):
    raise ConnectionError("the directory is away")


def directory(request):
    raise DirectoryError


async def auser(request):
    user = await request.auser()
    return user if user.is_authenticated else None


def http_error(status):
    def auth(request):
        raise HttpError(status, "as the site says")

    return auth


def ninja(name, auth, is_inherited=False, **options):
    """A Ninja API whose token router has this ``auth``, or inherits it."""
    api = NinjaAPI(urls_namespace=name, docs_url=None, **({"auth": auth} if is_inherited else {}))
    api.add_router("", token_router(**({} if is_inherited else {"auth": auth}), **options))
    return path(f"ninja/{name}/", api.urls)


session_api = NinjaAPI(urls_namespace="ninja", title="The site", auth=django_auth)
session_api.add_router("/jwt/", token_router(tags=["Editors"]))

urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("drf/", include("django_tinymce_jwt.rest_framework_urls")),
    path("ninja/", session_api.urls),
    path("drf/for/token/", drf(DRFTokenAuthentication)),
    path("drf/for/session/", drf(SessionAuthentication)),
    path("drf/for/basic/", drf(BasicAuthentication)),
    path("drf/for/simplejwt/", drf(JWTAuthentication)),
    path("drf/for/two/", drf(DRFTokenAuthentication, SessionAuthentication)),
    path("drf/for/two-reversed/", drf(SessionAuthentication, DRFTokenAuthentication)),
    path("drf/for/cookie/", drf(CookieAuthentication)),
    path("drf/for/jwt-cookie/", drf(JWTCookieAuthentication)),
    path("drf/for/body/", drf(BodyAuthentication)),
    path("drf/for/failure/", drf(FailingAuthentication)),
    path("drf/for/challenge/", drf(BrokenChallenge)),
    path("drf/for/staff/", drf(DRFTokenAuthentication, permission_classes=[IsAdminUser])),
    path("drf/for/initial/", drf(DRFTokenAuthentication, view=ClosedView)),
    path("drf/for/model/", drf(DRFTokenAuthentication, permission_classes=[DjangoModelPermissions])),
    path("drf/for/browsers/", drf(SessionAuthentication, renderer_classes=[BrowsableAPIRenderer, JSONRenderer])),
    path("drf/for/user-throttle/", drf(DRFTokenAuthentication, throttle_classes=[TwoADay])),
    path("drf/for/scope/", drf(DRFTokenAuthentication, view=ScopedView, throttle_classes=[TwoADayForTheScope])),
    path("drf/for/accept/", drf(DRFTokenAuthentication, view=VersionedView, versioning_class=AcceptVersioning)),
    path("drf/for/<str:version>/", drf(DRFTokenAuthentication, view=VersionedView, versioning_class=PathVersioning)),
    ninja("bearer", Bearer()),
    ninja("inherited-bearer", Bearer(), is_inherited=True),
    ninja("async-bearer", AsyncBearer()),
    ninja("api-key", APIKey()),
    ninja("basic", Basic()),
    ninja("session", django_auth),
    ninja("ninja-jwt", JWTAuth()),
    ninja("async-ninja-jwt", AsyncJWTAuth()),
    ninja("two", [Bearer(), django_auth]),
    ninja("failure", failing),
    ninja("directory", directory),
    ninja("auser", auser),
    ninja("http-401", http_error(401)),
    ninja("http-403", http_error(403)),
    ninja("http-503", http_error(503)),
    ninja("none", None),
    ninja("throttle", Bearer(), throttle=[AnonRateThrottle("1/day"), UserRateThrottle("2/day")]),
]
