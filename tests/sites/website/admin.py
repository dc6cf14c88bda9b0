from __future__ import annotations

from django.contrib import admin

from .models import Article, Note


class NoteInline(admin.StackedInline):
    model = Note
    extra = 0


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    inlines = [NoteInline]
