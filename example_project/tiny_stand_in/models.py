import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse


class StoredFile(models.Model):
    """A file of the drive. On disk its name is its id, so that a name from a user never becomes a path."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    folder = models.TextField()
    name = models.CharField(max_length=100)
    content_type = models.CharField(max_length=50)
    size = models.PositiveIntegerField()
    uploaded_by = models.TextField()
    uploaded = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-uploaded"]

    def __str__(self):
        return f"{self.folder}/{self.name}"

    def get_absolute_url(self):
        return reverse("tiny_stand_in:file", args=[self.id, self.name])

    @property
    def path(self):
        return Path(settings.TINY_STAND_IN["FILES"]) / str(self.id)
