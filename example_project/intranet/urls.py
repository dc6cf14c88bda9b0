"""
URL configuration for intranet project.

The `urlpatterns` list routes URLs to views. For more information please see:
    https://docs.djangoproject.com/en/5.2/topics/http/urls/
Examples:
Function views
    1. Add an import:  from my_app import views
    2. Add a URL to urlpatterns:  path('', views.home, name='home')
Class-based views
    1. Add an import:  from other_app.views import Home
    2. Add a URL to urlpatterns:  path('', Home.as_view(), name='home')
Including another URLconf
    1. Import the include() function: from django.urls import include, path
    2. Add a URL to urlpatterns:  path('blog/', include('blog.urls'))
"""

from demo.users import USERS
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("admin/tokens/", include("django_tinymce_jwt.inspector.urls")),
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(extra_context={"demo_users": USERS}), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", include("articles.urls")),
]

# Only for the demo: the services, where Tiny's cloud is not used.
if apps.is_installed("tiny_stand_in"):
    urlpatterns.append(path("tiny-stand-in/", include("tiny_stand_in.urls")))
