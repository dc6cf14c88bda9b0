from __future__ import annotations

from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtailtinymce.core.table_block import TinyMCETableBlock


class DriveTableBlock(TinyMCETableBlock):
    custom_mce_config = {
        **TinyMCETableBlock.custom_mce_config,
        "plugins": "table tinydrive",
        "toolbar": "table | insertfile",
    }


class Article(Page):
    body = StreamField([("table", DriveTableBlock())], default=[("table", "")])

    content_panels = [*Page.content_panels, FieldPanel("body")]
