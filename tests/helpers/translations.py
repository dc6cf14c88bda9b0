"""A site's own translations, compiled for gettext."""

from __future__ import annotations

import polib


def write_translation(folder, language, message, translation):
    """Add a compiled catalogue with one message to a folder for LOCALE_PATHS."""
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.append(polib.POEntry(msgid=message, msgstr=translation))
    path = folder / language / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    catalogue.save_as_mofile(str(path))
