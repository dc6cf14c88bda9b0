"""URLs of a site that uses the token endpoint in every documented way."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.urls import include, path

from django_tinymce_jwt import issue_token
from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.views import AsyncTokenView, TokenView


class DocumentClaims(TinyDriveClaims):
    """Keeps the user in the folder of the document that the body names."""

    def get_root(self):
        return f"/documents/{json.loads(self.request.body)['document']}"


class GuestView(TokenView):
    def get_claims(self):
        return {"sub": f"guest-{self.request.user.pk}", "name": self.request.headers["X-Name"]}


class AsyncGuestView(AsyncTokenView):
    async def get_claims(self):
        return {"sub": f"guest-{self.request.user.pk}", "name": self.request.headers["X-Name"]}


class DispatchingView(TokenView):
    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        response["X-Dispatch"] = "the site's own"
        return response


class AsyncDispatchingView(AsyncTokenView):
    async def dispatch(self, request, *args, **kwargs):
        response = await super().dispatch(request, *args, **kwargs)
        response["X-Dispatch"] = "the site's own"
        return response


def issue(request, service):
    return HttpResponse(issue_token(request.user, service, request=request))


def urls_of(view_class, guest_class, dispatching_class):
    return [
        path("", view_class.as_view()),
        path("<str:service>/", view_class.as_view()),
        path("for/pdf/", view_class.as_view(service="exportpdf")),
        path("for/document/", view_class.as_view(claim_mapper_class=DocumentClaims)),
        path("for/guest/", guest_class.as_view()),
        path("for/dispatch/", dispatching_class.as_view()),
    ]


urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("sync/", include(urls_of(TokenView, GuestView, DispatchingView))),
    path("async/", include(urls_of(AsyncTokenView, AsyncGuestView, AsyncDispatchingView))),
    path("issue/<str:service>/", issue),
]
