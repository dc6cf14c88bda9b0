"""What ``--help`` teaches, by subcommand: a description, and examples."""

from __future__ import annotations

BEGIN = "Begin with doctor: it says what to do next."
EXIT_CODES = "Exit status: 0 all is well, 1 something is wrong with what was asked about, 2 the command line is wrong."

GENERATE = (
    """\
Write a new key pair: the private key (PKCS#8 PEM) that only its owner can read, and the public key beside
it as NAME.pub.pem. Then print the public key, which Tiny's portal must know, and what to do next. Works
before there are settings, and never overwrites a file. Where the settings have PRIVATE_KEY_PATH and
PRIVATE_KEY_PASSPHRASE, the private key is encrypted with that passphrase.""",
    """\
  manage.py tinymce_jwt keys generate secrets/tiny.pem
  manage.py tinymce_jwt keys generate --bits 3072        where PRIVATE_KEY_PATH says""",
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
Tell the facts of the keys in use: the form (PKCS#1, PKCS#8, OpenSSH), whether it is encrypted, bits, where it
came from, the mode of the file, and the SHA-256 of each public key. Nothing private is shown.""",
    """\
  manage.py tinymce_jwt keys inspect
  openssl pkey -in secrets/tiny.pem -pubout -outform DER | sha256sum      the same fingerprint""",
)

TOKEN = (
    """\
Print a token as the endpoint would issue it. This is trusted code: it asks for no login, and where the
endpoint would refuse the user it says so on stderr and prints the token all the same.""",
    """\
  manage.py tinymce_jwt token ada
  manage.py tinymce_jwt token ada --service tinymceai --claims
  manage.py tinymce_jwt token ada | manage.py tinymce_jwt verify -""",
)

VERIFY = (
    """\
Explain a token: its header, its claims with times in words, whose key signed it, and each rule of the
service's contract with a tick or a cross and what to do about it. The token may be another site's: its
claims are judged all the same. Without --service, the service is the one whose contract it fits best.
An Authorization header or the endpoint's whole answer is understood too.""",
    """\
  manage.py tinymce_jwt verify eyJhbGciOi...
  manage.py tinymce_jwt verify - < token.txt""",
)

DOCTOR = (
    """\
Walk the whole way once: settings, key, pair, clock, URLs (each endpoint is asked without a login, inside of
this process), middleware, cookies, CORS, and with --user a token for each service, issued and verified.
✓ is well, ! is a warning, ✗ is wrong, · is for information. Nothing outside of the site is asked.""",
    """\
  manage.py tinymce_jwt doctor
  manage.py tinymce_jwt doctor --user ada --format json""",
)
