from django.contrib import admin

from .models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    """Entries can be read and searched, and nobody can change them."""

    list_display = ["time", "message", "service", "user_pk", "reason", "remote_addr"]
    list_filter = ["message", "service", "reason"]
    search_fields = ["user_pk", "remote_addr", "key_fingerprint"]
    date_hierarchy = "time"
    list_per_page = 25

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
