from __future__ import annotations

from csp.constants import NONCE, STRICT_DYNAMIC
from csp.decorators import csp_update
from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model, login, logout
from django.contrib.auth.decorators import login_not_required, login_required
from django.contrib.staticfiles.views import serve
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.generic import TemplateView
from tinymce.widgets import TinyMCE

from django_tinymce_jwt.views import TokenView

CDN = "https://cdn.tiny.cloud"


class ArticleForm(forms.Form):
    text = forms.CharField(widget=TinyMCE())


def page(name):
    return login_not_required(TemplateView.as_view(template_name=f"{name}.html"))


@login_not_required
def form(request):
    return render(request, "form.html", {"form": ArticleForm()})


@login_not_required
def no_icon(request):
    return HttpResponse(status=204)


@login_not_required
def sign_in(request, username):
    login(request, get_user_model().objects.get(username=username))
    return HttpResponse("signed in", content_type="text/plain")


@login_not_required
def sign_out(request):
    logout(request)
    return HttpResponse("signed out", content_type="text/plain")


with_nonce = csp_update({"script-src": [NONCE, STRICT_DYNAMIC]})
with_cdn = csp_update({name: [CDN] for name in ("connect-src", "font-src", "img-src", "script-src", "style-src")})

urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("admin/tokens/", include("django_tinymce_jwt.inspector.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", no_icon),
    path("static/<path:path>", login_not_required(serve), {"insecure": True}),
    path("page/", page("page")),
    path("nonce/", with_nonce(page("nonce"))),
    path("form/", with_cdn(form)),
    path("cdn/", with_cdn(page("cdn"))),
    path("module/", page("module")),
    path("own-defaults/", page("own_defaults")),
    path("react/", page("react")),
    path("all/", page("all")),
    path("too-early/", page("too_early")),
    path("sign-in/<str:username>/", sign_in),
    path("sign-out/", sign_out),
    # What a site does that does not know how the plugins ask.
    path("redirecting/", login_required(TokenView.as_view())),
]
