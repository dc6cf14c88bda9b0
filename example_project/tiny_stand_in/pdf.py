"""HTML to PDF with fpdf2."""

import base64
import io
import uuid
from importlib import import_module
from pathlib import Path

from django.conf import settings
from fpdf import FPDF, FontFace, TextStyle
from PIL import Image

from .file_kinds import MOST_PIXELS

# The fonts of PDF itself have Western European letters only. The names are modules of pymupdf-fonts.
FONTS = {
    ("Noto", ""): "NotoSans_Regular",
    ("Noto", "B"): "NotoSans_Bold",
    ("Noto", "I"): "NotoSans_Italic",
    ("Noto", "BI"): "NotoSans_BoldItalic",
    ("Mono", ""): "SpaceMono_Regular",
    ("Symbols", ""): "NotoSansSymbols2_Regular",
}
INK = (29, 37, 48)
QUIET = (88, 100, 116)
HEADINGS = {"h1": 20, "h2": 16, "h3": 13, "h4": 11, "h5": 11, "h6": 11}
STYLES = {
    **{name: TextStyle("Noto", "B", size, INK, t_margin=size * 0.3, b_margin=0.2) for name, size in HEADINGS.items()},
    "code": FontFace("Mono"),
    "pre": TextStyle("Mono", t_margin=3, b_margin=3),
    "blockquote": TextStyle(font_style="I", color=QUIET, t_margin=3, b_margin=3, l_margin=8),
}
# White space between the elements of these has no meaning. The first is the document itself.
CONTAINERS = ["[document]", "ul", "ol", "table", "thead", "tbody", "tfoot", "tr"]
WIDEST, HIGHEST = 480, 680  # points


def render(soup, title):
    """Return the PDF of a self-contained tree as bytes."""
    adapt(soup)
    pdf = FPDF()
    pdf.set_title(title)
    for (family, style), module in FONTS.items():
        pdf.add_font(family, style, font_file(module))
    pdf.set_fallback_fonts(["Symbols"], exact_match=False)
    pdf.set_margin(20)
    pdf.set_font("Noto", size=11)
    pdf.add_page()
    pdf.write_html(str(soup), tag_styles=STYLES, li_prefix_color=INK)
    return bytes(pdf.output())


def adapt(soup):
    """Change the tree so that fpdf2 understands it."""
    for text in soup.find_all(string=str.isspace):
        if text.parent.name in CONTAINERS:
            text.extract()
    for element in soup.find_all(["p", "ul", "ol"]):
        element["line-height"] = "1.35"
    for cell in soup.find_all(["td", "th"]):
        if cell.find("img") is None:
            cell.string = cell.get_text(" ", strip=True)
    for image in soup.find_all("img"):
        fit(image)


def fit(image):
    """Give the picture the size that it has in the article, or the largest that fits on the paper."""
    with Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2]))) as picture:
        width, height = picture.size
    if width * height > MOST_PIXELS:
        raise ValueError("a picture has too many pixels")
    wanted = image.get("width", "")
    points = (int(wanted) if wanted.isdecimal() else width) * 0.75
    scale = min(points, WIDEST, HIGHEST * width / height) / width
    image["width"], image["height"] = str(width * scale), str(height * scale)


def font_file(module):
    """Return the path of a font. fpdf2 reads fonts from files only, so the first call writes the file."""
    folder = Path(settings.TINY_STAND_IN["FILES"]) / "fonts"
    path = folder / f"{module}.ttf"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        half = folder / f"{uuid.uuid4()}.part"
        half.write_bytes(import_module(f"pymupdf_fonts.{module}").fontbuffer)
        half.replace(path)
    return path
