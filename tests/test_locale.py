"""The translations: every catalogue is complete, correct in form and compiled, and every answer uses them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import django
import polib
import pytest
from django.conf.locale import LANG_INFO
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import translation

import django_tinymce_jwt
from django_tinymce_jwt import endpoint, providers
from django_tinymce_jwt.views import TokenView

from .helpers.documents import read
from .helpers.requirements import program
from .helpers.translations import write_translation

PACKAGE = Path(django_tinymce_jwt.__file__).parent
LANGUAGES = [
    *("ar", "bg", "ca", "cs", "da", "de", "el", "es", "et", "fa", "fi", "fr", "he", "hr", "hu", "id", "it", "ja", "ko"),
    *("lt", "nb", "nl", "pl", "pt", "pt_BR", "ro", "ru", "sk", "sv", "tr", "uk", "vi", "zh_Hans", "zh_Hant"),
]
# What ends a sentence, by the writing system.
PERIODS = {"ja": "。", "zh_Hans": "。", "zh_Hant": "。"}

each_language = pytest.mark.parametrize("language", LANGUAGES)
ANSWERS = [answer for answer in vars(endpoint).values() if isinstance(answer, endpoint.Answer)]


@pytest.fixture(autouse=True)
def restore_language():
    """A request leaves its language active in the test's own thread."""
    with translation.override("en"):
        yield


def path_of(language, suffix="po"):
    return PACKAGE / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def catalogue(language):
    return polib.pofile(str(path_of(language)))


def keys(entries):
    return sorted((entry.msgctxt or "", entry.msgid) for entry in entries)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    """The texts that the source has now."""
    program("xgettext", "gettext")  # makemessages runs it
    folder = tmp_path_factory.mktemp("source") / "package"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("locale", "__pycache__"))
    (folder / "locale").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        call_command("makemessages", locale=["de"], verbosity=0)
    return keys(polib.pofile(str(folder / "locale" / "de" / "LC_MESSAGES" / "django.po")))


def test_languages_are_those_that_are_tested():
    assert sorted(path.name for path in (PACKAGE / "locale").iterdir()) == sorted(LANGUAGES)


def test_documentation_lists_the_languages():
    """By Django's own names for them."""
    page = read("docs/languages.rst")
    listed = re.search(r"The package has these languages: (.*?)\.\n", page, re.DOTALL)[1]
    names = [LANG_INFO[translation.to_language(language)]["name"] for language in LANGUAGES]
    # Django wrote "Bokmal" for a long time.
    assert re.split(r",\s+|\s+and\s+", listed.replace("å", "a")) == sorted(name.replace("å", "a") for name in names)
    assert "The four texts of ``providers.js``" in page
    assert len(providers.TEXTS) == 4


@each_language
def test_catalogue_has_the_texts_of_the_source(extracted, language):
    assert keys(catalogue(language)) == extracted


@each_language
def test_catalogue_is_complete(language):
    found = catalogue(language)
    assert not found.metadata_is_fuzzy
    assert [entry.msgid for entry in found if not entry.msgstr.strip() or entry.fuzzy or entry.obsolete] == []


@each_language
def test_catalogue_names_its_language_and_encoding(language):
    metadata = catalogue(language).metadata
    assert (metadata["Language"], metadata["Content-Type"]) == (language, "text/plain; charset=UTF-8")


@each_language
def test_catalogue_is_compiled(language):
    assert path_of(language, "mo").is_file()
    compiled = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.mofile(str(path_of(language, "mo")))}
    assert compiled == {(entry.msgctxt, entry.msgid): entry.msgstr for entry in catalogue(language)}


def placeholders(text):
    return sorted(re.findall(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}", text))


@each_language
def test_translations_have_the_placeholders_of_the_text(language):
    assert [e.msgid for e in catalogue(language) if placeholders(e.msgid) != placeholders(e.msgstr)] == []


@each_language
def test_translations_hold_no_markup(language):
    assert [e.msgstr for e in catalogue(language) if set(e.msgstr) & set("<>&")] == []


def is_sentence(text, period):
    return text.endswith(period) and not text.endswith(period * 2)


@each_language
def test_translations_end_as_the_text_does(language):
    period = PERIODS.get(language, ".")
    for entry in catalogue(language):
        assert entry.msgstr == entry.msgstr.strip()
        if entry.msgid.endswith("."):
            assert is_sentence(entry.msgstr, period), entry.msgstr
        else:
            assert entry.msgstr[-1] not in ".。:!?؟…,、", entry.msgstr


@each_language
def test_texts_that_django_has_too_are_translated_as_django_does(language):
    django_admin = (
        Path(django.__file__).parent / "contrib" / "admin" / "locale" / language / "LC_MESSAGES" / "django.mo"
    )
    of_django = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.mofile(str(django_admin))}
    ours = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in catalogue(language)}
    shared = {key: value for key, value in of_django.items() if key in ours and value}
    assert "Home" in {msgid for _, msgid in shared}
    assert shared == {key: ours[key] for key in shared}


@each_language
def test_every_answer_is_translated(language):
    """Through Django itself, which must find the catalogue under the code that a browser sends."""
    msgstr = {entry.msgid: entry.msgstr for entry in catalogue(language)}
    with translation.override("en"):
        texts = [str(answer.message) for answer in ANSWERS] + list(providers.TEXTS)
    with translation.override(translation.to_language(language)):
        assert [translation.gettext(text) for text in texts] == [msgstr[text] for text in texts]
    assert len(texts) == 13


# Answers before the user is known.

EARLY = [
    ("get", "tinydrive", {}, endpoint.METHOD_NOT_ALLOWED),
    ("post", "exportpdf", {}, endpoint.UNKNOWN_SERVICE),
    ("post", "tinydrive", {"Origin": "https://evil.example"}, endpoint.CROSS_SITE),
    ("post", "tinydrive", {}, endpoint.NOT_AUTHENTICATED),
]
each_early_answer = pytest.mark.parametrize(("method", "service", "headers", "answer"), EARLY)
each_adapter = pytest.mark.parametrize("prefix", ["/tinymce/jwt/", "/drf/", "/ninja/jwt/"])


def in_german(answer):
    with translation.override("en"):
        english = str(answer.message)
    return catalogue("de").find(english).msgstr


def path_to(service, prefix):
    return prefix if service == "tinydrive" else f"{prefix}{service}/"


@each_adapter
@each_early_answer
@pytest.mark.urls("tests.sites.api.urls")
def test_early_answer_is_in_the_language_of_the_browser(site, client, method, service, headers, answer, prefix):
    headers = {**headers, "Accept-Language": "de-AT,de;q=0.9"}
    response = getattr(client, method)(path_to(service, prefix), headers=headers)
    assert response.json()["message"] == in_german(answer)


@each_adapter
@each_early_answer
@pytest.mark.urls("tests.sites.api.urls")
def test_early_answer_is_in_the_sites_language_without_locale_middleware(
    site, client, method, service, headers, answer, prefix
):
    site.MIDDLEWARE = [name for name in site.MIDDLEWARE if not name.endswith("LocaleMiddleware")]
    site.LANGUAGE_CODE = "de"
    response = getattr(client, method)(path_to(service, prefix), headers={**headers, "Accept-Language": "ja"})
    assert response.json()["message"] == in_german(answer)


def test_answer_is_in_the_language_of_the_cookie(site, client):
    client.cookies[site.LANGUAGE_COOKIE_NAME] = "de"
    response = client.post("/tinymce/jwt/", headers={"Accept-Language": "ja"})
    assert response.json()["message"] == in_german(endpoint.NOT_AUTHENTICATED)


@pytest.mark.parametrize("language", ["xx", "is", "en-GB"])
def test_language_without_a_catalogue_gets_english(site, client, language):
    response = client.post("/tinymce/jwt/", headers={"Accept-Language": language})
    assert response.json()["message"] == "You are not logged in. Log in and try again."


def test_message_is_in_the_language_at_the_time_of_the_request(site):
    """The messages are lazy: the language in which their module was imported does not matter."""
    view, found = TokenView.as_view(), []
    for language in ("de", "fr"):
        with translation.override(language):
            found.append(json.loads(view(RequestFactory().get("/")).content)["message"])
    assert found == [
        "Token gibt es nur für POST-Anfragen.",
        "Les jetons ne sont délivrés que pour les requêtes POST.",
    ]


# The script of the editors.

SCRIPT = "/tinymce/jwt/providers.js"


def texts_in(response):
    return json.loads(re.search(r"const texts = (.*);", response.content.decode())[1])


@each_language
def test_script_has_its_texts_in_the_language_of_the_browser(site, client, language):
    msgstr = {entry.msgid: entry.msgstr for entry in catalogue(language)}
    response = client.get(SCRIPT, headers={"Accept-Language": translation.to_language(language)})
    assert texts_in(response) == {text: msgstr[text] for text in providers.TEXTS}


def test_script_has_its_texts_in_the_language_of_the_cookie(site, client):
    client.cookies[site.LANGUAGE_COOKIE_NAME] = "de"
    response = client.get(SCRIPT, headers={"Accept-Language": "ja"})
    assert "Versuchen Sie es erneut." in texts_in(response)[providers.TEXTS[1]]


def test_script_has_its_texts_in_the_sites_language_without_locale_middleware(site, client):
    site.MIDDLEWARE = [name for name in site.MIDDLEWARE if not name.endswith("LocaleMiddleware")]
    site.LANGUAGE_CODE = "de"
    response = client.get(SCRIPT, headers={"Accept-Language": "ja"})
    assert "Versuchen Sie es erneut." in texts_in(response)[providers.TEXTS[1]]
    # A middleware of the site's own may set the language by the session or by the header.
    assert response["Vary"] == "Accept-Language, Cookie"


def test_script_in_english_has_no_translations(site, client):
    assert texts_in(client.get(SCRIPT)) == {}


def test_texts_of_the_server_are_those_of_the_script():
    script = (PACKAGE / "providers.js").read_text(encoding="utf-8")
    constants = re.findall(r'^  const (?:UNREACHABLE|TOO_SLOW|UNPREPARED|UNEXPECTED) = "(.*)";$', script, re.MULTILINE)
    assert tuple(constants) == providers.TEXTS


def test_script_is_another_one_for_another_language(site, client):
    german = client.get(SCRIPT, headers={"Accept-Language": "de"})
    assert {"Accept-Language", "Cookie"} <= set(german["Vary"].split(", "))
    same = client.get(SCRIPT, headers={"Accept-Language": "de", "If-None-Match": german["ETag"]})
    assert (same.status_code, same["ETag"]) == (304, german["ETag"])
    assert {"Accept-Language", "Cookie"} <= set(same["Vary"].split(", "))
    other = client.get(SCRIPT, headers={"Accept-Language": "ja", "If-None-Match": german["ETag"]})
    assert (other.status_code, texts_in(other) == texts_in(german)) == (200, False)


def test_translation_of_the_sites_own_cannot_break_the_script(site, client, tmp_path):
    write_translation(tmp_path, "de", providers.TEXTS[1], '</script><!-- "; alert(1) \u2028')
    site.LOCALE_PATHS = [tmp_path]
    response = client.get(SCRIPT, headers={"Accept-Language": "de"})
    line = next(line for line in response.content.decode().split("\n") if "const texts = " in line)
    assert not set(line) & set("<>&\u2028")
    assert texts_in(response)[providers.TEXTS[1]] == '</script><!-- "; alert(1) \u2028'
