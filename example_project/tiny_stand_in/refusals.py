"""Refusals that say what is wrong, what was found and what is wanted."""

from django.http import JsonResponse


class Refused(Exception):
    """Ends a request with a status and JSON. The message is for users, the facts are for programs."""

    def __init__(self, status, error, message, **facts):
        super().__init__(message)
        self.status = status
        self.body = {"error": error, "message": message, **facts}

    def answer(self):
        response = JsonResponse(self.body, status=self.status)
        if self.status == 401:
            response["WWW-Authenticate"] = "Bearer"
        return response


def wrong_token(message, **facts):
    """The request has no valid token."""
    return Refused(401, "invalid_token", message, **facts)


def wrong_claim(claim, was, wanted):
    return wrong_token(f"The claim '{claim}' is {was}; wanted: {wanted}.", claim=claim, was=was, wanted=wanted)


def not_granted(claim, was, wanted):
    """The token is valid and does not allow this."""
    message = f"The token does not allow this. Its claim '{claim}' is {was}; wanted: {wanted}."
    return Refused(403, "not_granted", message, claim=claim, was=was, wanted=wanted)


def too_large(size, limit):
    """Sizes in bytes."""
    message = f"The file or document has {size / 1e6:.1f} MB. At most {limit / 1e6:.1f} MB are allowed."
    return Refused(413, "too_large", message, was=size, wanted=limit)


def wrong_request(message, status=400):
    return Refused(status, "invalid_request", message)
