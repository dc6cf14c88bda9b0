"""Signers: what signs the tokens of a service."""

from __future__ import annotations

from .base import Signer

__all__ = ["Signer"]
