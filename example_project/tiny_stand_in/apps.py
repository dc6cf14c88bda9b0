from django.apps import AppConfig


class TinyStandInConfig(AppConfig):
    name = "tiny_stand_in"
    verbose_name = "Stand-in for Tiny's cloud"
