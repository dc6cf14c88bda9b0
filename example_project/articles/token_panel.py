"""The token panel: one card for each configured service, and the view that verifies the token of a card."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from django_tinymce_jwt import verify_token
from django_tinymce_jwt.exceptions import InvalidToken
from django_tinymce_jwt.services import SERVICES


class TokenPanelMixin:
    """Give the template of a page what ``articles/token_panel.html`` needs."""

    def get_context_data(self, **kwargs):
        return super().get_context_data(services=configured_services(), **kwargs)


def configured_services():
    return [SERVICES[service] for service in settings.TINYMCE_JWT["SERVICES"]]


# The login middleware would redirect the panel's script to an HTML page, so this view checks the login itself.
@login_not_required
@require_POST
def verify(request):
    if not request.user.is_authenticated:
        return JsonResponse({"message": "Log in to verify tokens."}, status=401)
    service = request.POST.get("service")
    if service not in settings.TINYMCE_JWT["SERVICES"]:
        return JsonResponse({"message": "This site does not use that service."}, status=404)
    try:
        verify_token(request.POST.get("token", ""), service)
    except InvalidToken as error:
        return JsonResponse({"valid": False, "reason": str(error)})
    return JsonResponse({"valid": True})
