from django.conf import settings


def content_security_policy(get_response):
    """Send a strict Content-Security-Policy. From Django 6.0 on, Django's own middleware and SECURE_CSP do this."""
    sources = " ".join(["'self'", *settings.CONTENT_SECURITY_POLICY_HOSTS])
    policy = "; ".join(
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

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware
