"""The benchmark's site, with a page that tells how many objects its process has."""

import gc
import sys

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.urls import path
from intranet.urls import urlpatterns as of_the_project


@login_not_required
def blocks(request):
    gc.collect()
    return JsonResponse({"blocks": sys.getallocatedblocks()})


urlpatterns = [
    *of_the_project,
    path("load/blocks/", blocks),
]
