"""Find out by its content what a file is. Its name and the content type that the browser sends can be wrong."""

from PIL import Image, UnidentifiedImageError

from .refusals import wrong_request

IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
MOST_PIXELS = 40_000_000
WANTED = "images (PNG, JPEG, GIF, WebP), PDF and plain text in UTF-8"


def content_type_of(file):
    """Return the content type of an image, a PDF or a text. Raises ``Refused`` for any other file."""
    try:
        file.seek(0)
        with Image.open(file, formats=list(IMAGE_TYPES)) as image:
            width, height = image.size
            # MPO is a JPEG with a second picture in it, as some phones make them.
            content_type = IMAGE_TYPES.get(image.format, "image/jpeg")
            image.verify()
    except UnidentifiedImageError:
        return document_type_of(file)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise wrong_request("The image is damaged or far too large.", status=415) from error
    if width * height > MOST_PIXELS:
        raise wrong_request(f"The image has {width} by {height} pixels, which is too many.", status=415)
    return content_type


def document_type_of(file):
    file.seek(0)
    data = file.read()
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if b"\0" not in data and is_utf8(data):
        return "text/plain"
    raise wrong_request(f"The drive does not take files of this kind. It takes {WANTED}.", status=415)


def is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
