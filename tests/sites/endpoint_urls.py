"""URLs of a site that uses the token endpoint in every documented way."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.urls import include, path

from django_tinymce_jwt import issue_token
from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.views import TokenView


class DocumentClaims(TinyDriveClaims):
    """Gives the user the folder of the document that the body names."""

    def get_root(self):
        return f"/documents/{json.loads(self.request.body)['document']}"


class GuestView(TokenView):
    def get_claims(self):
        return {"sub": f"guest-{self.request.user.pk}", "name": self.request.headers["X-Name"]}


class DispatchingView(TokenView):
    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        response["X-Dispatch"] = "the site's own"
        return response


def issue(request, service):
    return HttpResponse(issue_token(request.user, service, request=request))


view_urls = [
    path("", TokenView.as_view()),
    path("<str:service>/", TokenView.as_view()),
    path("for/pdf/", TokenView.as_view(service="exportpdf")),
    path("for/document/", TokenView.as_view(claim_mapper_class=DocumentClaims)),
    path("for/guest/", GuestView.as_view()),
    path("for/dispatch/", DispatchingView.as_view()),
]
urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("views/", include(view_urls)),
    path("issue/<str:service>/", issue),
]
