"""HTML on its way into a document: known elements alone, and pictures as data, so that nothing is fetched."""

import base64
import re

from bs4 import BeautifulSoup

from .models import StoredFile

# Of everything else the text is kept, but for what was never meant to be read.
BLOCKS = ["h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre"]
TABLES = ["table", "thead", "tbody", "tfoot", "tr", "td", "th"]
INLINE = ["a", "img", "strong", "b", "em", "i", "u", "s", "code", "sub", "sup"]
KEPT = {*BLOCKS, *TABLES, *INLINE}
KEPT_ATTRIBUTES = {"href", "src", "alt", "width", "height", "colspan", "rowspan"}
DROPPED = ["script", "style", "title", "template", "iframe", "object", "noscript", "textarea"]
DEEPEST = 50
LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
IMAGE_DATA = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
STORED_FILE = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[^/]*$")


def self_contained(html):
    """Return a tree of the HTML that holds nothing to be fetched or run; raise ValueError where it is too deep."""
    soup = BeautifulSoup(html, "html.parser")
    for element in soup.find_all(DROPPED):
        element.decompose()
    for element in soup.find_all(True):
        # The work that the converters do grows with the square of the depth.
        if sum(1 for _ in element.parents) > DEEPEST:
            raise ValueError("the elements are nested too deeply")
        if element.name not in KEPT:
            element.unwrap()
            continue
        element.attrs = {name: value for name, value in element.attrs.items() if name in KEPT_ATTRIBUTES}
        if element.name == "a" and not LINK.match(element.get("href", "")):
            element.unwrap()
        elif element.name == "img":
            embed(element)
    return soup


def embed(image):
    """Put the data of a picture in the place of its address; a picture that is not to be had becomes its text."""
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
