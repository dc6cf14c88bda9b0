"""Export to PDF, Export to Word and Import from Word. They store nothing."""

import logging

from django.http import HttpResponse, JsonResponse

from . import pdf, word
from .documents import self_contained
from .drive import LARGEST_FORM
from .endpoint import endpoint, file_in, json_in, text_in
from .refusals import Refused, wrong_request

logger = logging.getLogger("tiny_stand_in")

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@endpoint("exportpdf", ["POST"])
def export_pdf(request, claims):
    return HttpResponse(exported(request, pdf.render), content_type="application/pdf")


@endpoint("exportword", ["POST"])
def export_word(request, claims):
    return HttpResponse(exported(request, word.write), content_type=DOCX)


@endpoint("importword", ["POST"], largest=LARGEST_FORM)
def import_word(request, claims):
    file = file_in(request)
    return JsonResponse({"html": converted(lambda: str(self_contained(word.read(file))))})


def exported(request, write):
    """Return the document that ``write`` makes from the HTML and the title in the body."""
    body = json_in(request)
    title, html = text_in(body, "title") or "Untitled", text_in(body, "html")
    return converted(lambda: write(self_contained(html), title))


def converted(convert):
    try:
        return convert()
    except Refused:
        raise
    except Exception as error:  # these libraries raise errors of many kinds for a damaged document
        logger.exception("A document could not be converted")
        raise wrong_request(f"The document cannot be converted ({type(error).__name__}).", status=422) from error
