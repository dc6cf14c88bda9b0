from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import Tags, register


class TinymceJwtConfig(AppConfig):
    name = "django_tinymce_jwt"
    verbose_name = "TinyMCE JWT"

    def ready(self) -> None:
        from . import checks  # the checks import views, which need the app registry

        for check in checks.ALL:
            register(check, Tags.security)
        register(checks.check_missing_values, Tags.security, deploy=True)
