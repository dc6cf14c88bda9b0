"""``{% load tinymce_jwt %}``: the script tag for the page."""

from __future__ import annotations

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def tinymce_jwt_providers(context: Context) -> SafeString:
    """Return the script tag of ``providers.js``, for a place after ``tinymce.min.js`` and before ``tinymce.init()``.

    It is not deferred, so that it runs where it stands: between these two, in a file or in the page.
    """
    url = reverse("django_tinymce_jwt:providers")
    nonce = _nonce(context)
    if nonce:
        return format_html('<script src="{}" nonce="{}"></script>', url, nonce)
    return format_html('<script src="{}"></script>', url)


def _nonce(context: Context) -> str:
    """The page's CSP nonce: Django's (6.0+, by its context processor), else django-csp's, else an empty text."""
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(getattr(context, "request", None), "csp_nonce", None)
    # Both are lazy and false until they are used: only str() makes them.
    return "" if nonce is None else str(nonce)
