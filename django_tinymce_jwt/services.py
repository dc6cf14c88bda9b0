"""The table of Tiny's services. A new service is one new contract and one new row."""

from __future__ import annotations

from typing import NamedTuple

from .contracts import AI, AI_ON_PREMISES, DOCUMENT_CONVERTER, DRIVE
from .rules import Contract


class Service(NamedTuple):
    """One of Tiny's services that wants a JWT: its id, its name, its editor option, its contract.

    ``silent``: if the provider fails, the service's plugin tells the user nothing, or nothing useful.
    """

    id: str
    name: str
    option: str
    contract: Contract
    silent: bool = False


DEFAULT_SERVICE = "tinydrive"

SERVICES = {
    service.id: service
    for service in (
        Service("tinydrive", "Tiny Drive", "tinydrive_token_provider", DRIVE),
        Service("exportpdf", "Export to PDF", "exportpdf_token_provider", DOCUMENT_CONVERTER, silent=True),
        Service("exportword", "Export to Word", "exportword_token_provider", DOCUMENT_CONVERTER, silent=True),
        Service("importword", "Import from Word", "importword_token_provider", DOCUMENT_CONVERTER, silent=True),
        Service("tinymceai", "TinyMCE AI", "tinymceai_token_provider", AI),
        Service("tinymceai-onprem", "TinyMCE AI on-premises", "tinymceai_token_provider", AI_ON_PREMISES),
    )
}
