"""A stand-in for TinyMCE AI without a language model: it follows fixed rules, if the token's permissions allow that."""

import re

from bs4 import BeautifulSoup
from django.http import JsonResponse
from django.utils.html import format_html

from .contracts import PERMISSIONS
from .endpoint import endpoint, json_in, text_in
from .refusals import not_granted, wrong_request

# Applied one after the other to the text; the space of TinyMCE is often a no-break space.
IMPROVEMENTS = [
    (re.compile("[ \xa0]{2,}"), " "),
    (re.compile(r"[ \xa0](?=[,.](?:\s|$))"), ""),
    (re.compile(" - "), " \N{EN DASH} "),
    (re.compile(r"\.\.\."), "…"),
    (re.compile(r"\b(a|an|and|in|is|of|the|to) \1\b", re.IGNORECASE), r"\1"),
]
FIRST_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)


def improve(html, prompt):
    """Return the HTML with its text improved; the markup stays as it is."""
    soup = BeautifulSoup(html, "html.parser")
    for node in soup.find_all(string=True):
        if node.find_parent(["pre", "code"]) is None:
            text = str(node)
            for pattern, better in IMPROVEMENTS:
                text = pattern.sub(better, text)
            node.replace_with(text)
    return str(soup)


def summarize(html, prompt):
    """Return a paragraph with the first sentence."""
    soup = BeautifulSoup(html, "html.parser")
    text = " ".join((soup.find("p") or soup).get_text().split())
    sentence = FIRST_SENTENCE.match(text)
    return format_html("<p>In short: {}</p>", sentence[0] if sentence else text)


def custom(html, prompt):
    return format_html("<p>Your prompt was “{}”. The stand-in has no language model that could follow it.</p>", prompt)


# Each action with the permission that it needs.
ACTIONS = {
    "improve-writing": (improve, "ai:actions:system:improve-writing"),
    "summarize": (summarize, "ai:actions:system:summarize"),
    "custom": (custom, "ai:actions:custom"),
}


def assist(request, claims):
    body = json_in(request)
    html, prompt = text_in(body, "html"), text_in(body, "prompt")
    if body.get("action") not in ACTIONS:
        raise wrong_request(f"The action is not one of: {', '.join(ACTIONS)}.")
    answer, needed = ACTIONS[body["action"]]
    granted_by = grant(claims.get(PERMISSIONS), needed)
    return JsonResponse({"html": answer(html, prompt), "granted_by": granted_by})


def grant(held, needed):
    """Return which of the permissions held grants the one that is needed."""
    for permission in held:
        if permission in ("ai:admin", needed) or (permission.endswith(":*") and needed.startswith(permission[:-1])):
            return permission
    raise not_granted(PERMISSIONS, ", ".join(held), f"'{needed}', or one that includes it")


in_the_cloud = endpoint("tinymceai", ["POST"])(assist)
on_premises = endpoint("tinymceai-onprem", ["POST"])(assist)
