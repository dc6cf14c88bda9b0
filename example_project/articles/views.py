from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.views.generic import CreateView, DetailView, ListView, UpdateView

from .forms import ArticleForm
from .models import Article
from .token_panel import TokenPanelMixin


class ArticleList(ListView):
    queryset = Article.objects.select_related("author")


class ArticlePage(TokenPanelMixin, DetailView):
    queryset = Article.objects.select_related("author")

    def get_context_data(self, **kwargs):
        can_edit = self.object.may_be_changed_by(self.request.user)
        return super().get_context_data(can_edit=can_edit, **kwargs)


class ArticleCreate(PermissionRequiredMixin, SuccessMessageMixin, TokenPanelMixin, CreateView):
    permission_required = "articles.add_article"
    model = Article
    form_class = ArticleForm
    success_message = "The article has been published."

    def form_valid(self, form):
        form.instance.author = self.request.user
        return super().form_valid(form)


class ArticleEdit(PermissionRequiredMixin, SuccessMessageMixin, TokenPanelMixin, UpdateView):
    model = Article
    form_class = ArticleForm
    success_message = "The article has been saved."

    def has_permission(self):
        return self.get_object().may_be_changed_by(self.request.user)
