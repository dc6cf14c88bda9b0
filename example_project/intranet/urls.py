from articles.demo import USERS
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

urlpatterns = [
    path("", include("articles.urls")),
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("tiny-cloud/", include("tiny_cloud.urls")),
    path("login/", LoginView.as_view(extra_context={"demo_users": USERS}), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/tokens/", include("django_tinymce_jwt.inspector.urls")),
    path("admin/", admin.site.urls),
]
