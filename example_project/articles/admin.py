from django.contrib import admin
from django.db import models
from tinymce.widgets import AdminTinyMCE

from .models import Article


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "updated"]
    search_fields = ["title", "summary"]
    formfield_overrides = {models.TextField: {"widget": AdminTinyMCE}}

    def save_model(self, request, obj, form, change):
        if not change:
            obj.author = request.user
        super().save_model(request, obj, form, change)
