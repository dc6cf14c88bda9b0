"""Who gets a token in this project, and what it says: ``python manage.py test``. No key is needed."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import TestCase

from django_tinymce_jwt.claims import TinyAIClaims
from django_tinymce_jwt.testing import assert_token, override_tinymce_jwt


@override_tinymce_jwt()
class TokenTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        users = get_user_model().objects
        cls.author = users.create_user("author", first_name="Ann", last_name="Author")
        cls.editor = users.create_user("editor")
        cls.editor.groups.add(Group.objects.create(name="Editors"))
        cls.superuser = users.create_superuser("superuser")

    def ask(self, user, service):
        self.client.force_login(user)
        return self.client.post(f"/tinymce/jwt/{service}/")

    def test_logged_in_user_gets_a_token_of_every_service(self):
        for service in ("tinydrive", "exportpdf", "exportword", "importword", "tinymceai", "tinymceai-onprem"):
            with self.subTest(service):
                assert_token(self.ask(self.author, service), service)

    def test_anonymous_visitor_gets_no_token(self):
        self.assertContains(self.client.post("/tinymce/jwt/"), "not_authenticated", status_code=401)

    def test_each_user_has_their_own_folder(self):
        for user in (self.author, self.editor):
            assert_token(self.ask(user, "tinydrive"), root=f"/users/{user.pk}")

    def test_superuser_sees_the_whole_drive(self):
        assert_token(self.ask(self.superuser, "tinydrive"), root=None)

    def test_only_editors_may_write_their_own_prompts(self):
        built_in = list(TinyAIClaims.permissions)
        own = [*built_in, "ai:actions:custom", "ai:reviews:custom"]
        assert_token(self.ask(self.author, "tinymceai"), "tinymceai", permissions=built_in)
        assert_token(self.ask(self.editor, "tinymceai"), "tinymceai", permissions=own)

    def test_converters_learn_nothing_about_the_user(self):
        assert_token(self.ask(self.author, "exportpdf"), "exportpdf", sub=None, name=None)

    def test_deployment_checks_pass(self):
        call_command("check", deploy=True, tags=["security"])
