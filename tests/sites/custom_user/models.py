"""User models such as sites have: no full name, an e-mail address as the username, a UUID as the key."""

from __future__ import annotations

import uuid

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


class Member(AbstractBaseUser):
    """No full name, no permissions, a UUID as the primary key and the e-mail address as the username."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
