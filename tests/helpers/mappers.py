"""Claim mappers."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from django_tinymce_jwt.claims import ClaimMapper, TinyDriveClaims


def mapper_returning(claims):
    """A claim mapper that returns these very claims for everybody."""

    class FixedClaims(ClaimMapper):
        def get_claims(self):
            return claims

    return FixedClaims


class FailingClaims(TinyDriveClaims):
    def get_root(self):
        return {}["team"]


class RefusingClaims(TinyDriveClaims):
    def get_root(self):
        raise PermissionDenied("no team")


class HouseClaims(TinyDriveClaims):
    def get_root(self):
        return "/house"
