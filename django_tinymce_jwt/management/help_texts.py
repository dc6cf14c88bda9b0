"""The texts of ``--help``: a description and examples for each subcommand."""

from __future__ import annotations

BEGIN = "Start with doctor: it says what to do next."
EXIT_CODES = "Exit status: 0 if nothing is wrong, 1 if something is, 2 for a wrong command line."

GENERATE = (
    """\
Write a new key pair: the private key (PKCS#8 PEM), which only its owner can read, and the public key beside
it as NAME.pub.pem. Then print the public key, which Tiny's portal needs, and what to do next. Works without
settings, and never overwrites a file. If the settings have PRIVATE_KEY_PATH and PRIVATE_KEY_PASSPHRASE, the
private key is encrypted with that passphrase.""",
    """\
  manage.py tinymce_jwt keys generate secrets/tiny.pem
  manage.py tinymce_jwt keys generate --bits 3072        at the PRIVATE_KEY_PATH in the settings""",
)

PUBLIC = (
    """\
Print the public half of the key that signs now, as PEM and as the one line that Tiny's portal imports.""",
    """\
  manage.py tinymce_jwt keys public
  manage.py tinymce_jwt keys public --format json | jq -r .portal_line""",
)

INSPECT = (
    """\
List the facts of the keys in use: the form (PKCS#1, PKCS#8, OpenSSH), whether it is encrypted, bits, where it
comes from, the mode of the file, and the SHA-256 of each public key. Nothing private is shown.""",
    """\
  manage.py tinymce_jwt keys inspect
  openssl pkey -in secrets/tiny.pem -pubout -outform DER | sha256sum      the same fingerprint""",
)

TOKEN = (
    """\
Print a token as the endpoint would issue it. The command needs no login. If the endpoint would refuse the
user, it says so on stderr and prints the token all the same.""",
    """\
  manage.py tinymce_jwt token ada
  manage.py tinymce_jwt token ada --service tinymceai --claims
  manage.py tinymce_jwt token ada | manage.py tinymce_jwt verify -""",
)

VERIFY = (
    """\
Explain a token: its header, its claims with times in words, which key signed it, and each rule of the
service's contract, with what to do if the token breaks it. The token may come from another site: its
claims are judged all the same. Without --service, the token is judged by the contract that it fits best.
An Authorization header or the endpoint's whole answer is accepted too.""",
    """\
  manage.py tinymce_jwt verify eyJhbGciOi...
  manage.py tinymce_jwt verify - < token.txt""",
)

DOCTOR = (
    """\
Check everything end to end: settings, keys, clock, URLs (a request without a login to each endpoint, inside
this process), middleware, cookies, CORS, and with --user a token for each service, issued and verified.
✓ fine, ! warning, ✗ error, · information. Nothing outside the site is contacted, except a remote SIGNER.""",
    """\
  manage.py tinymce_jwt doctor
  manage.py tinymce_jwt doctor --origin https://www.example.com
  manage.py tinymce_jwt doctor --user ada --format json""",
)
