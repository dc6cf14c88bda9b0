from django.contrib import admin
from django.db import models
from tinymce.widgets import AdminTinyMCE

from .models import Article
from .token_panel import configured_services


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "updated"]
    search_fields = ["title", "summary"]
    formfield_overrides = {models.TextField: {"widget": AdminTinyMCE}}

    def render_change_form(self, request, context, *args, **kwargs):
        context["services"] = configured_services()
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.author = request.user
        super().save_model(request, obj, form, change)
