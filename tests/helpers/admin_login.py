"""A visitor of a new project, who logs in where the documentation says: in the admin."""

from __future__ import annotations

from .projects import PASSWORD

# The cloud's own TinyMCE wants no licence key in the page.
CLOUD_DEFAULTS = 'tinymce.overrideDefaults({ referrer_policy: "origin", license_key: "gpl" });'


def log_in(visitor):
    """Log in as ada; from now on, the pages of the visitor have TinyMCE of the CDN."""
    # A new project has no icon, which the browser would complain of.
    visitor.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    visitor.serve_cdn(CLOUD_DEFAULTS)
    visitor.page.goto(f"{visitor.site}/admin/")
    visitor.page.get_by_label("Username").fill("ada")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Log in").click()
    visitor.page.get_by_text("Site administration").first.wait_for()
