"""What all endpoints share: they check the token, then the body, and every refusal is JSON."""

import json
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from .refusals import Refused, too_large, wrong_request
from .tokens import verified_claims

LARGEST_BODY = 2_000_000  # bytes
LARGEST_FILE = 5_000_000


def endpoint(service, methods, largest=LARGEST_BODY):
    """Make a view an endpoint of the service. The view gets the request and the claims of a valid token.

    Cookies do not count, so the endpoint needs neither a login nor a CSRF token.
    """

    def decorate(view):
        @login_not_required
        @csrf_exempt
        @wraps(view)
        def wrapper(request, **kwargs):
            try:
                if request.method not in methods:
                    raise wrong_request(f"The method is {request.method}; wanted: {', '.join(methods)}.", status=405)
                claims = verified_claims(request, service)
                size = request.META.get("CONTENT_LENGTH") or "0"
                if not size.isdecimal():
                    raise wrong_request("The Content-Length is not a number.")
                if int(size) > largest:
                    raise too_large(int(size), largest)
                return view(request, claims, **kwargs)
            except Refused as refused:
                return refused.answer()

        return wrapper

    return decorate


def json_in(request):
    """Return the object in the body."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise wrong_request("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise wrong_request("The body is JSON, but not an object.")
    return body


def text_in(body, name):
    value = body.get(name, "")
    if not isinstance(value, str):
        raise wrong_request(f"'{name}' is not text.")
    return value


def file_in(request):
    """Return the file of the form field ``file``."""
    try:
        file = request.FILES.get("file")
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise wrong_request("The form cannot be read.") from error
    if file is None:
        raise wrong_request("There is no file. Send it as the form field 'file'.")
    if file.size > LARGEST_FILE:
        raise too_large(file.size, LARGEST_FILE)
    return file
