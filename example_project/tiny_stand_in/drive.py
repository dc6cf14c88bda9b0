"""The drive: the files below the root in the token, and the names of the users who uploaded them."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import FileResponse, JsonResponse
from django.views.decorators.http import require_safe

from .contracts import MISSING, ROOT, shown
from .endpoint import LARGEST_FILE, endpoint, file_in
from .file_kinds import content_type_of
from .models import StoredFile
from .refusals import Refused, not_granted

# A form is larger than its file, by boundaries and headers.
LARGEST_FORM = LARGEST_FILE + 10_000


@endpoint("tinydrive", ["GET", "POST"], largest=LARGEST_FORM)
def files(request, claims):
    if request.method == "POST":
        return JsonResponse(described(store(file_in(request), claims)), status=201)
    return JsonResponse({"root": root_of(claims), "files": [described(file) for file in files_below(root_of(claims))]})


@endpoint("tinydrive", ["DELETE"])
def delete(request, claims, file_id):
    file = find(file_id)
    if not files_below(root_of(claims)).filter(pk=file_id).exists():
        raise not_granted(ROOT, shown(root_of(claims)), "a root that the file lies below")
    path = file.path
    file.delete()
    path.unlink(missing_ok=True)
    return JsonResponse({"deleted": file.name})


# As from Tiny Drive, pictures in articles are requested without a token. Their ids cannot be guessed.
@login_not_required
@require_safe
def serve(request, file_id, name):
    try:
        file = find(file_id)
        data = file.path.open("rb")
    except Refused as refused:
        return refused.answer()
    except FileNotFoundError:
        return not_found().answer()
    is_image = file.content_type.startswith("image/")
    content_type = "text/plain; charset=utf-8" if file.content_type == "text/plain" else file.content_type
    return FileResponse(
        data,
        as_attachment=not is_image,
        filename=file.name,
        content_type=content_type,
        headers={"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"},
    )


def store(file, claims):
    """Store the file in the root of the token, with the name of the user."""
    stored = StoredFile(
        folder=root_of(claims),
        name=cleaned_name(file.name),
        content_type=content_type_of(file),
        size=file.size,
        uploaded_by=claims.get("name"),
    )
    stored.path.parent.mkdir(exist_ok=True)
    file.seek(0)
    stored.path.write_bytes(file.read())
    stored.save()
    return stored


def root_of(claims):
    """Return the folder that the token gives access to; "/" is the whole drive."""
    root = claims.get(ROOT)
    return "/" if root is MISSING else root


def files_below(root):
    if root == "/":
        return StoredFile.objects.all()
    # SQLite ignores case in startswith, so this compares; "0" is the character after "/".
    return StoredFile.objects.filter(Q(folder=root) | Q(folder__gt=f"{root}/", folder__lt=f"{root}0"))


def find(file_id):
    file = StoredFile.objects.filter(pk=file_id).first()
    if file is None:
        raise not_found()
    return file


def not_found():
    return Refused(404, "not_found", "There is no such file. It may have been deleted.")


def cleaned_name(name):
    printable = "".join(letter for letter in name if letter.isprintable())
    stem, dot, suffix = printable.rpartition(".")
    return f"{stem[:80]}{dot}{suffix[:19]}"


def described(file):
    return {
        "id": str(file.id),
        "url": file.get_absolute_url(),
        "name": file.name,
        "type": file.content_type,
        "size": file.size,
        "folder": file.folder,
        "uploaded_by": file.uploaded_by,
        "uploaded": file.uploaded.isoformat(),
    }
