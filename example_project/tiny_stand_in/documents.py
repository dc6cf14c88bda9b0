"""Prepare HTML for a converter: keep known elements only, and embed pictures, so that nothing has to be fetched."""

import base64
import re

from bs4 import BeautifulSoup

from .models import StoredFile
from .refusals import wrong_request

# Of all other elements the text is kept, except for those in DROPPED, whose text is not for readers.
BLOCKS = ["h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre"]
TABLES = ["table", "thead", "tbody", "tfoot", "tr", "td", "th"]
INLINE = ["a", "img", "strong", "b", "em", "i", "u", "s", "code", "sub", "sup"]
KEPT = {*BLOCKS, *TABLES, *INLINE}
KEPT_ATTRIBUTES = {"href", "src", "alt", "width", "height", "colspan", "rowspan"}
DROPPED = ["script", "style", "title", "template", "iframe", "object", "noscript", "textarea"]
# The time that the converters need grows with the square of these numbers.
DEEPEST = 50
MOST_TAGS = 4_000
MOST_CELLS = 500  # of all tables; a cell counts once for each place that it spans
MOST_TEXT = 200_000  # characters
SPAN = re.compile(r"[1-9][0-9]?")
LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
IMAGE_DATA = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
STORED_FILE = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[^/]*$")


def self_contained(html):
    """Return the HTML as a tree without anything to fetch or run. Raises ``Refused`` if the document is too long."""
    soup = parsed(html)
    for element in soup.find_all(DROPPED):
        element.decompose()
    for element in soup.find_all(True):
        if element.name not in KEPT:
            element.unwrap()
            continue
        element.attrs = {name: value for name, value in element.attrs.items() if is_kept(name, value)}
        if element.name == "a" and not LINK.match(element.get("href", "")):
            element.unwrap()
        elif element.name == "img":
            embed(element)
    return soup


def parsed(html):
    if html.count("<") > MOST_TAGS:
        raise too_long(f"it has more than {MOST_TAGS} tags")
    soup = BeautifulSoup(html, "html.parser")
    if len(soup.get_text()) > MOST_TEXT:
        raise too_long(f"its text has more than {MOST_TEXT} characters")
    if sum(span(cell, "colspan") * span(cell, "rowspan") for cell in soup.find_all(["td", "th"])) > MOST_CELLS:
        raise too_long(f"its tables have more than {MOST_CELLS} cells")
    if any(sum(1 for _ in element.parents) > DEEPEST for element in soup.find_all(True)):
        raise wrong_request(f"The document cannot be converted: elements are nested more than {DEEPEST} deep.", 422)
    return soup


def too_long(reason):
    return wrong_request(f"The document is too long: {reason}.", status=413)


def span(cell, name):
    value = cell.get(name, "")
    return int(value) if SPAN.fullmatch(value) else 1


def is_kept(name, value):
    return name in KEPT_ATTRIBUTES and (not name.endswith("span") or SPAN.fullmatch(value))


def embed(image):
    """Replace the address of a picture by its data, or a picture that is not available by its alternative text."""
    data = picture(image.get("src", ""))
    if data is None:
        image.replace_with(image.get("alt", ""))
    else:
        image["src"] = data


def picture(address):
    if IMAGE_DATA.fullmatch(address):
        return address
    match = STORED_FILE.search(address)
    file = StoredFile.objects.filter(pk=match[1], content_type__startswith="image/").first() if match else None
    if file is None or not file.path.exists():
        return None
    return f"data:{file.content_type};base64,{base64.b64encode(file.path.read_bytes()).decode()}"
