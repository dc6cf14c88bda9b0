"""An assistant without any wit: it says again what it was told, if the token's permissions allow that."""

from django.http import JsonResponse

from .contracts import PERMISSIONS
from .endpoint import endpoint, json_in, text_in
from .refusals import not_granted, wrong_request

SYSTEM_ACTIONS = {"improve-writing": "Improved", "summarize": "In short"}


def assist(request, claims):
    body = json_in(request)
    action, text = text_in(body, "action"), text_in(body, "text")
    if action == "custom":
        needed, heading = "ai:actions:custom", text_in(body, "prompt")
    elif action in SYSTEM_ACTIONS:
        needed, heading = f"ai:actions:system:{action}", SYSTEM_ACTIONS[action]
    else:
        raise wrong_request(f"The action is not one of: custom, {', '.join(SYSTEM_ACTIONS)}.")
    granted_by = grant(claims.get(PERMISSIONS), needed)
    return JsonResponse({"answer": f"{heading}: {text}", "granted_by": granted_by})


def grant(held, needed):
    """Return which of the permissions held grants the one that is needed."""
    for permission in held:
        if permission in ("ai:admin", needed) or (permission.endswith(":*") and needed.startswith(permission[:-1])):
            return permission
    raise not_granted(PERMISSIONS, ", ".join(held), f"'{needed}', or one that includes it")


in_the_cloud = endpoint("tinymceai", ["POST"])(assist)
on_premises = endpoint("tinymceai-onprem", ["POST"])(assist)
