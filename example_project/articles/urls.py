from django.urls import path

from . import token_panel, views

urlpatterns = [
    path("", views.ArticleList.as_view(), name="article-list"),
    path("articles/new/", views.ArticleCreate.as_view(), name="article-create"),
    path("articles/<int:pk>/", views.ArticlePage.as_view(), name="article"),
    path("articles/<int:pk>/edit/", views.ArticleEdit.as_view(), name="article-edit"),
    path("tokens/verify/", token_panel.verify, name="verify-token"),
]
