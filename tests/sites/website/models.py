from __future__ import annotations

from django.db import models
from tinymce.models import HTMLField


class Article(models.Model):
    title = models.CharField(max_length=100)
    text = HTMLField(blank=True)


class Note(models.Model):
    article = models.ForeignKey(Article, models.CASCADE)
    text = HTMLField(blank=True)
