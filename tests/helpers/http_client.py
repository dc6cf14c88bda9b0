"""A client that asks a site over HTTP and keeps its cookies, as a browser does."""

from __future__ import annotations

import json
import re
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import jwt

from .keys import public_pem


class Answer(NamedTuple):
    status: int
    headers: object
    text: str
    url: str

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def error(self):
        """Status and error of an answer that is not a token."""
        return self.status, self.json["error"]

    @property
    def claims(self):
        """The verified claims of the token."""
        assert self.status == 200, self.text
        return jwt.decode(self.json["token"], public_pem(), ["RS256"])


class HTTPClient:
    def __init__(self, site):
        self.site = site
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))

    def send(self, method, path, body=None, headers=()):
        request = Request(f"{self.site.url}{path}", body, dict(headers), method=method)
        try:
            response = self.opener.open(request, timeout=30)
        except HTTPError as error:
            response = error
        with response:
            return Answer(response.status, response.headers, response.read().decode(), response.url)

    def get(self, path):
        return self.send("GET", path)

    def post_json(self, path, headers=(), **data):
        headers = {"Content-Type": "application/json", **dict(headers)}
        return self.send("POST", path, json.dumps(data).encode(), headers)

    def submit_form(self, path, **fields):
        """Open the page with the form, and send the form with its CSRF token."""
        page = self.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        return self.send("POST", path, urlencode({"csrfmiddlewaretoken": token, **fields}).encode())
