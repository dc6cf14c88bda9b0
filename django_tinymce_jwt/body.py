"""The body of a request for a token: empty, or a JSON object of at most 64 KiB."""

from __future__ import annotations

import json

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.http.request import RawPostDataException

from .answers import INVALID_REQUEST, REQUEST_TOO_LARGE, Refused

MAX_BODY_SIZE = 64 * 1024


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# One for all requests: json.loads() makes a new one at each call that names an option.
_decode_json = json.JSONDecoder(parse_constant=_refuse_constant).decode


def require_valid_body(request: HttpRequest) -> None:
    """Raise ``Refused`` for a body that is too large, or that says it is JSON and is no JSON object."""
    body = _read_body(request)
    content_type = request.content_type or ""
    if not (content_type == "application/json" or content_type.endswith("+json")) or not body.strip():
        return
    try:
        is_object = isinstance(_decode_json(body.decode("utf-8-sig")), dict)
    except (ValueError, RecursionError) as error:
        raise Refused(INVALID_REQUEST, f"The body is no JSON: {error}. Send {{}} or no body.") from error
    if not is_object:
        raise Refused(INVALID_REQUEST, "The body is JSON, but no object. Send {} or no body.")


def _read_body(request: HttpRequest) -> bytes:
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise Refused(INVALID_REQUEST, "The Content-Length is no number.") from error
    if declared > MAX_BODY_SIZE:
        raise Refused(REQUEST_TOO_LARGE, f"The body has {declared} bytes; at most {MAX_BODY_SIZE} are read.")
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise Refused(REQUEST_TOO_LARGE, "The body is over DATA_UPLOAD_MAX_MEMORY_SIZE.") from error
    except UnreadablePostError as error:
        raise Refused(INVALID_REQUEST, f"The body could not be read: {error}.") from error
    except RawPostDataException:
        # A middleware has read the stream. That is no fault of the caller's, and no mapper of the
        # package's needs the body.
        return b""
    if len(body) > MAX_BODY_SIZE:
        raise Refused(REQUEST_TOO_LARGE, f"The body has {len(body)} bytes; at most {MAX_BODY_SIZE} are taken.")
    return body
