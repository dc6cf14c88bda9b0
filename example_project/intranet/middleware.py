from django.conf import settings


def policy(*hosts):
    """Return a strict Content-Security-Policy; scripts, styles and the rest may also come from the hosts."""
    sources = " ".join(["'self'", *hosts])
    return "; ".join(
        [
            f"default-src {sources}",
            f"script-src {sources}",
            # TinyMCE styles its own elements, and shows pasted pictures before they are uploaded.
            f"style-src {sources} 'unsafe-inline'",
            f"img-src {sources} data: blob:",
            f"connect-src {sources} blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def content_security_policy(get_response):
    """Send the Content-Security-Policy. From Django 6.0 on, its own middleware and SECURE_CSP do this."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        return response

    return middleware
