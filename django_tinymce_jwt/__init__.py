"""JSON Web Tokens for TinyMCE's cloud services, from a Django site's own users."""

from __future__ import annotations

from .tokens import issue_token, verify_token

__all__ = ["issue_token", "verify_token"]
