from django.db import models


class Entry(models.Model):
    """A token that was issued or refused. It has no foreign key, so that it stays when its user is deleted."""

    time = models.DateTimeField(db_index=True)
    message = models.CharField(max_length=100)
    user_pk = models.CharField(max_length=100, blank=True)
    service = models.CharField(max_length=100)
    expires = models.DateTimeField(null=True, blank=True)
    key_fingerprint = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=100, blank=True)
    remote_addr = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-time", "-pk"]
        verbose_name_plural = "entries"

    def __str__(self):
        return f"{self.message}: {self.service}"
