"""HTML to Word with html-for-docx (the older htmldocx drops pictures), and back with mammoth."""

import io
import zipfile

import mammoth
from docx import Document
from html4docx import HtmlToDocx

LARGEST_UNPACKED = 50_000_000  # bytes


def write(soup, title):
    """Return the .docx of a self-contained tree as bytes."""
    document = Document()
    document.core_properties.title = title
    HtmlToDocx().add_html_to_document(str(soup), document)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def read(file):
    """Return the HTML of a .docx. Raises errors of many kinds for any other file."""
    with zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_UNPACKED:
            raise ValueError("the unpacked file is too large")
    return mammoth.convert_to_html(file).value
