"""Stand-ins for AWS KMS that answer over HTTP: moto, and a server with the faults that moto does not have."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import boto3

REGION = "eu-central-1"
ACCOUNT = "123456789012"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test-access-key",
    "AWS_SECRET_ACCESS_KEY": "test-secret-access-key",
    "AWS_SESSION_TOKEN": "test-session-token",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Moto:
    """moto's server in a process of its own."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = None

    def start(self, seconds=60):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=5):
                    return
            except OSError:
                assert self._process.poll() is None, "moto's server has ended"
                assert time.monotonic() < end, "moto's server does not answer"
                time.sleep(0.05)

    def stop(self):
        self._process.terminate()
        self._process.wait()

    def client(self):
        return boto3.session.Session(
            aws_access_key_id="administrator", aws_secret_access_key="secret", region_name=REGION
        ).client("kms", endpoint_url=self.url)

    def make_key(self, usage="SIGN_VERIFY", spec="RSA_2048"):
        """Return the ARN of a new key."""
        return self.client().create_key(KeyUsage=usage, KeySpec=spec)["KeyMetadata"]["Arn"]

    def point_alias(self, alias, key):
        client = self.client()
        aliases = [entry["AliasName"] for entry in client.list_aliases()["Aliases"]]
        (client.update_alias if alias in aliases else client.create_alias)(AliasName=alias, TargetKeyId=key)

    def options(self, key_id, **changes):
        """The options of an AWSKMSSigner."""
        return {"key_id": key_id, "region_name": REGION, "endpoint_url": self.url} | changes


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.requests.append((self.headers["X-Amz-Target"], json.loads(self.rfile.read(length))))
        self.server.answer(self)

    def send(self, status, body, content_type="application/x-amz-json-1.1"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def options(self, **changes):
        return {"key_id": "alias/tiny", "region_name": REGION, "endpoint_url": self.url} | changes


@contextmanager
def serving(answer):
    """A server that answers each request by ``answer(handler)``, and keeps the requests."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answer, server.requests = answer, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refusal(code, message="", status=400):
    """The answer of KMS that AWS documents for an error: the code in ``__type``."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return lambda handler: handler.send(status, body)
