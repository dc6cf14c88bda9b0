from django.apps import AppConfig


class TinyCloudConfig(AppConfig):
    name = "tiny_cloud"
    verbose_name = "Stand-in for Tiny's cloud"
