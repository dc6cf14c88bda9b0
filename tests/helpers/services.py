"""Settings of a site that uses all of Tiny's services."""

from __future__ import annotations

from .keys import private_pem

API_KEY = "test-api-key"
ENVIRONMENT_ID = "test-environment"
API_SECRET = "an-api-secret-of-forty-characters-or-more"
ACCOUNT = {"API_KEY": API_KEY, "ENVIRONMENT_ID": ENVIRONMENT_ID, "API_SECRET": API_SECRET}
SERVICES = ("tinydrive", "exportpdf", "exportword", "importword", "tinymceai", "tinymceai-onprem")


def all_services(service=None, **section):
    """The settings, with this section for one of the services."""
    sections = {name: section if name == service else {} for name in SERVICES}
    return {"PRIVATE_KEY": private_pem(), **ACCOUNT, "SERVICES": sections}


def on_premises(**section):
    """The settings of a site that uses only the on-premises AI service."""
    account = {"ENVIRONMENT_ID": ENVIRONMENT_ID, "API_SECRET": API_SECRET}
    return {**account, "SERVICES": {"tinymceai-onprem": section}}
