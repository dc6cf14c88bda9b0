"""The text of the error that a call of ``issue_token`` raises."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from django_tinymce_jwt.exceptions import SigningKeyError

from .tokens import issued_token


def settings_error(service="tinydrive"):
    """All that is wrong with the settings of the service, one fault on each line."""
    with pytest.raises(ImproperlyConfigured) as caught:
        issued_token(service)
    return str(caught.value)


def key_error(service="tinydrive"):
    """What is wrong with the key of the service."""
    with pytest.raises(SigningKeyError) as caught:
        issued_token(service)
    return str(caught.value)
