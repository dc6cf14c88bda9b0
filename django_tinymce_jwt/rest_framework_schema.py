"""What drf-spectacular writes about the token endpoint, on a site that has it."""

from __future__ import annotations

import re
from typing import Any

from .endpoint import ANSWERS

EXAMPLE = "<jwt>"

try:
    from drf_spectacular.openapi import AutoSchema
    from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
except ImportError:

    def describe(method: Any) -> Any:
        return method

else:

    class _TokenSchema(AutoSchema):
        def get_operation_id(self) -> str:
            """Return an id that is made of the whole path, so that no two are the same."""
            return "_".join([*re.findall(r"\w+", self.path), "token"])

    def describe(method: Any) -> Any:
        """Describe the method of a view."""
        method.schema = _TokenSchema
        body = {"application/json": {"type": "object", "description": "For the claim mapper; usually empty."}}
        return extend_schema(request=body, responses=_responses())(method)

    def _responses() -> dict[int, OpenApiResponse]:
        token = {"type": "object", "properties": {"token": {"type": "string"}}, "required": ["token"]}
        examples = [OpenApiExample("token", value={"token": EXAMPLE})]
        responses = {200: OpenApiResponse(token, "A token", examples)}
        names = ("error", "message")
        error = {
            "type": "object",
            "properties": {name: {"type": "string"} for name in (*names, "detail")},
            "required": list(names),
        }
        for status in sorted({answer.status for answer in ANSWERS}):
            answers = [answer for answer in ANSWERS if answer.status == status]
            examples = [
                OpenApiExample(answer.error, value={"error": answer.error, "message": answer.message})
                for answer in answers
            ]
            responses[int(status)] = OpenApiResponse(error, "No token: the reason", examples)
        return responses
