"""URLs of a site with djangocms-text: a form."""

from __future__ import annotations

from django import forms
from django.urls import path
from django.views.generic import FormView
from djangocms_text.fields import HTMLFormField

from tests.sites.base_urls import urlpatterns as base_urlpatterns


class ArticleForm(forms.Form):
    text = HTMLFormField()


urlpatterns = [
    *base_urlpatterns,
    path("form/", FormView.as_view(form_class=ArticleForm, template_name="cms_form.html", success_url="/form/")),
]
