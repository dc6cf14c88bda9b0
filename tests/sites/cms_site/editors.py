from django.urls import reverse_lazy
from djangocms_text.editors import RTEConfig

tinymce = RTEConfig(
    name="tinymce",
    config="TINYMCE",
    js=(
        "https://cdn.tiny.cloud/1/no-api-key/tinymce/8/tinymce.min.js",
        reverse_lazy("django_tinymce_jwt:providers"),
        "tinymce-frontend.js",
    ),
)
