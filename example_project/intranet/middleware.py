POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        # TinyMCE styles its own elements, and shows pasted pictures before they are uploaded.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


def content_security_policy(get_response):
    """Send a strict Content-Security-Policy. From Django 6.0 on, its own middleware and SECURE_CSP do this."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware
