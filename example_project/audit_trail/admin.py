from django.contrib import admin

from .models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    """To be read and searched; nobody changes what has happened."""

    list_display = ["time", "message", "service", "user_pk", "reason", "remote_addr"]
    list_filter = ["message", "service", "reason"]
    search_fields = ["user_pk", "remote_addr", "key_fingerprint"]
    date_hierarchy = "time"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
