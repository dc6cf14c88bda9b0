"""The page: for each service, the claims of a user judged rule by rule, and the public key."""

from __future__ import annotations

import json
import time
from typing import Any

from django import forms
from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import NoReverseMatch
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from .. import conf
from ..audit import record_inspected
from ..checks import check_settings
from ..claims import get_claim_mapper_class
from ..conf import Configuration, ServiceConfig
from ..diagnostics.explain import judge_claims
from ..diagnostics.findings import failure_text
from ..diagnostics.key_pairs import pem, portal_line, public_key_in_use
from ..diagnostics.users import find_user
from ..endpoint import refusal_reason
from ..exceptions import SigningKeyError
from ..providers import endpoint_url
from ..services import SERVICES
from ..tokens import stamped_claims_of


class UserForm(forms.Form):
    user = forms.CharField(label=_("Username or primary key"), max_length=254)

    def clean_user(self) -> Any:
        user = find_user(self.cleaned_data["user"])
        if user is None:
            raise forms.ValidationError(_("There is no such user."))
        return user


class InspectorView(TemplateView):
    """A page in the admin's look, for members of the staff who may view users."""

    template_name = "django_tinymce_jwt/inspector.html"
    http_method_names = ["get", "head", "options"]
    admin_site: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        options = get_user_model()._meta
        permission = f"{options.app_label}.{get_permission_codename('view', options)}"
        # The admin's templates link to this site.
        request.current_app = self.admin_site.name
        if not (self.admin_site.has_permission(request) and request.user.has_perm(permission)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        configuration = conf.read(self.request)
        form = UserForm(self.request.GET or None)
        user = form.cleaned_data["user"] if form.is_valid() else None
        if user is not None:
            record_inspected(self.request.user, user, self.request)
        return super().get_context_data(
            **self.admin_site.each_context(self.request),
            title=_("Token inspector"),
            form=form,
            inspected=user,
            services=[_service_context(configuration, service, user) for service in configuration.listed or ()],
            faults=[message for message in check_settings(configuration) if not message.is_silenced()],
            **kwargs,
        )


def _service_context(configuration: Configuration, service_id: str, user: Any) -> dict[str, Any]:
    service = SERVICES[service_id]
    context: dict[str, Any] = {"service": service, "endpoint": _endpoint(service_id)}
    try:
        config = configuration.require(service_id)
        mapper_class = get_claim_mapper_class(config)
        context["mapper"] = f"{mapper_class.__module__}.{mapper_class.__qualname__}"
    except Exception as error:
        return {**context, "failure": failure_text(error)}
    context |= _key_context(config)
    return context if user is None else {**context, **_claims_context(config, user)}


def _endpoint(service_id: str) -> str | None:
    try:
        return endpoint_url(service_id)
    except NoReverseMatch:
        return None


def _key_context(config: ServiceConfig) -> dict[str, Any]:
    if config.service.contract.symmetric:
        return {}
    try:
        key = public_key_in_use(config.key)
    except (SigningKeyError, ImproperlyConfigured) as error:
        return {"key_failure": str(error)}
    return {"public_pem": pem(key).decode(), "portal_line": portal_line(key)}


def _claims_context(config: ServiceConfig, user: Any) -> dict[str, Any]:
    context: dict[str, Any] = {"refusal": refusal_reason(user, config.required_permission)}
    try:
        claims = stamped_claims_of(user, config)
        context["verdicts"] = list(judge_claims(claims, config.service.contract, config.audience, time.time()))
        context["claims"] = json.dumps(claims, indent=2, ensure_ascii=False, default=repr)
    except Exception as error:  # whatever the site's mapper raises
        context["failure"] = failure_text(error)
    return context
