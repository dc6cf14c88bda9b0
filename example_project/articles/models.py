from django.conf import settings
from django.db import models
from django.urls import reverse

from .html import clean


class Article(models.Model):
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=300, blank=True)
    body = models.TextField(help_text="Pictures that you drop or paste into the text go to your folder in the drive.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False
    )
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created", "-pk"]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        # Templates show the body as it is, so it must be harmless whichever form or command saves it.
        self.body = clean(self.body)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("article", args=[self.pk])

    def may_be_changed_by(self, user):
        """Editors change all articles, authors their own."""
        return user.has_perm("articles.change_article") or (self.author_id is not None and self.author_id == user.pk)
