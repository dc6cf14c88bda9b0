from django.urls import path
from intranet.urls import urlpatterns as of_the_project

from django_tinymce_jwt.views import AsyncTokenView

urlpatterns = [*of_the_project, path("tinymce/async-jwt/", AsyncTokenView.as_view())]
