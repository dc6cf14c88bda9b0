"""A site that has included nothing."""

urlpatterns = []
