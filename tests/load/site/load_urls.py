from django.urls import path
from production_urls import urlpatterns as of_the_benchmark

from django_tinymce_jwt.views import AsyncTokenView

urlpatterns = [*of_the_benchmark, path("tinymce/async-jwt/<str:service>/", AsyncTokenView.as_view())]
