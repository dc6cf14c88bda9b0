"""What changes in the site's settings when the stand-in takes the place of Tiny's cloud."""

from django.urls import reverse_lazy

# An account at Tiny has these values. The ones here protect nothing: the stand-in listens on this machine only.
ACCOUNT = {
    "API_KEY": "demo-api-key",
    "ENVIRONMENT_ID": "demo-environment",
    "API_SECRET": "demo-api-secret-that-everybody-may-read",
}
SCRIPTS = ["client.js", "drive-dialog.js", "drive.js", "converters.js", "ai.js"]


def use_stand_in(settings):
    """Change the settings, a dictionary, in place."""
    settings["INSTALLED_APPS"].append("tiny_stand_in")
    settings["TINY_STAND_IN"] = {
        **ACCOUNT,
        # The public half is all that Tiny gets of a key pair.
        "PUBLIC_KEY_PATH": settings["BASE_DIR"] / "secrets" / "tiny.pub.pem",
        "FILES": settings["BASE_DIR"] / "tiny_stand_in_files",
    }

    tokens = settings["TINYMCE_JWT"]
    tokens["API_KEY"] = ACCOUNT["API_KEY"]
    tokens["SERVICES"]["tinymceai-onprem"] = {name: ACCOUNT[name] for name in ("ENVIRONMENT_ID", "API_SECRET")}
    # W005: two services use the editor option tinymceai_token_provider. The demo shows the tokens of both.
    settings["SILENCED_SYSTEM_CHECKS"] = ["django_tinymce_jwt.W005"]

    # The open-source editor that django-tinymce bundles, with plugins of the stand-in under the names of Tiny's.
    del settings["TINYMCE_JS_URL"]
    settings["TINYMCE_EXTRA_MEDIA"] = {
        "css": {"all": ["tiny_stand_in/dialogs.css"]},
        "js": [*(f"tiny_stand_in/{name}" for name in SCRIPTS), *settings["TINYMCE_EXTRA_MEDIA"]["js"]],
    }
    settings["TINYMCE_DEFAULT_CONFIG"] |= {
        "license_key": "gpl",
        "tinydrive_service_url": reverse_lazy("tiny_stand_in:drive"),
        "exportpdf_service_url": reverse_lazy("tiny_stand_in:exportpdf"),
        "exportword_service_url": reverse_lazy("tiny_stand_in:exportword"),
        "importword_service_url": reverse_lazy("tiny_stand_in:importword"),
        "tinymceai_service_url": reverse_lazy("tiny_stand_in:tinymceai"),
    }
    settings["CONTENT_SECURITY_POLICY_HOSTS"] = []

    # fontTools warns about each table of a font that a PDF does not need.
    settings["LOGGING"]["loggers"]["fontTools"] = {"level": "ERROR"}
