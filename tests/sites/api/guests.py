from django.utils.crypto import salted_hmac

from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.views import TokenView


class Guest:
    """A visitor without an account: one per session."""

    is_authenticated = True
    is_active = True

    def __init__(self, session):
        if not session.exists(session.session_key):
            session.create()
        self.pk = "guest-" + salted_hmac("tiny guest", session.session_key, algorithm="sha256").hexdigest()[:32]

    def has_perm(self, permission):
        return False

    def get_username(self):
        return "Guest"


class GuestTokenView(TokenView):
    def get_user(self):
        user = super().get_user()
        return user if user.is_authenticated else Guest(self.request.session)


class DriveClaims(TinyDriveClaims):
    def get_root(self):
        return f"/guests/{self.user.pk}" if isinstance(self.user, Guest) else f"/users/{self.user.pk}"
