"""``{% load tinymce_jwt %}``: the script tag for the page."""

from __future__ import annotations

from typing import Any

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..conf.validation import NO_URL

register = template.Library()


@register.simple_tag(takes_context=True)
def tinymce_jwt_providers(context: Context, **kwargs: Any) -> SafeString:
    """Return the script tag of ``providers.js``, for a place after ``tinymce.min.js`` and before ``tinymce.init()``.

    It is not deferred, because it must run between these two. Raises ``ImproperlyConfigured`` if the URLs
    are not included. ``kwargs`` are those of the path that the URLs are included with.
    """
    try:
        url = reverse("django_tinymce_jwt:providers", kwargs=kwargs)
    except NoReverseMatch as error:
        message = f"{{% tinymce_jwt_providers %}} needs the URLs of django_tinymce_jwt. {NO_URL.hint}"
        raise ImproperlyConfigured(message) from error
    nonce = _nonce(context)
    if nonce:
        return format_html('<script src="{}" nonce="{}"></script>', url, nonce)
    return format_html('<script src="{}"></script>', url)


def _nonce(context: Context) -> str:
    """Return the CSP nonce of the page: Django's (6.0+, by its context processor), django-csp's, or an empty text."""
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(getattr(context, "request", None), "csp_nonce", None)
    # Both are lazy, and false until str() makes them.
    return "" if nonce is None else str(nonce)
