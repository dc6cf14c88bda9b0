from django.urls import path

from . import ai, converters, drive

app_name = "tiny_stand_in"

urlpatterns = [
    path("drive/", drive.files, name="drive"),
    path("drive/<uuid:file_id>/", drive.delete, name="drive-delete"),
    path("drive/<uuid:file_id>/<str:name>", drive.serve, name="file"),
    path("exportpdf/", converters.export_pdf, name="exportpdf"),
    path("exportword/", converters.export_word, name="exportword"),
    path("importword/", converters.import_word, name="importword"),
    path("tinymceai/", ai.in_the_cloud, name="tinymceai"),
    path("tinymceai-onprem/", ai.on_premises, name="tinymceai-onprem"),
]
