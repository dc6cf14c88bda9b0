"""For a site's own tests: a throwaway key in place of the real ones, and assertions about tokens and signers."""

from __future__ import annotations

from .signers import check_signer
from .tokens import assert_token, override_tinymce_jwt

__all__ = ["assert_token", "check_signer", "override_tinymce_jwt"]
