"""Secrets in texts: all forms are found wherever they stand, what is none is left alone, and nobody sees the value."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.inspection.secrets.search import SecretSearch, is_text, secrets_in

from .planted import tokens

_PLANTED = tokens()
_SOURCE = 'def f(x):\n    """Return x."""\n    return x  # a line\n'


def _found(path: str, *chunks: bytes) -> list[str]:
    search = SecretSearch(path)
    for chunk in chunks:
        search.feed(chunk)
    return [secret.kind for secret in search.found()]


@pytest.mark.parametrize("form", sorted(_PLANTED))
@pytest.mark.parametrize("frame", ["{}", "key = '{}'\n", "curl {} -o x", "a\n{}\nb"])
def test_every_planted_form_is_found_in_source_code(form: str, frame: str) -> None:
    content = (_SOURCE + frame.format(_PLANTED[form]) + "\n" + _SOURCE).encode()
    assert _found("srv/app/main.py", content), _PLANTED[form]


def test_a_secret_is_shown_masked_with_its_line() -> None:
    (secret,) = secrets_in(_SOURCE + _PLANTED["github-classic"])
    assert (secret.kind, secret.line) == ("GitHub token", 4)
    assert secret.shown == "ghp_… (40 characters)"
    for form, text in _PLANTED.items():
        shown = "".join(secret.shown for secret in secrets_in(text))
        value = max(text.replace("\n", " ").split(), key=len)
        assert value[-6:] not in shown, form


@given(st.integers(0, 3_000_000), st.lists(st.integers(1, 1 << 20), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_it_is_found_wherever_the_stream_is_cut(place: int, sizes: list[int]) -> None:
    text = b"x = 1\n" * (place // 6) + _PLANTED["anthropic"].encode() + b"\ny = 2\n" * 3000
    chunks, at = [], 0
    while at < len(text):
        size = sizes[len(chunks) % len(sizes)] + 4096
        chunks.append(text[at : at + size])
        at += size
    search = SecretSearch("a.py")
    for chunk in chunks:
        search.feed(chunk)
    assert [(secret.kind, secret.line) for secret in search.found()] == [("Anthropic key", 1 + place // 6)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_other_encodings_are_read(encoding: str) -> None:
    content = f"å = {_PLANTED['npm']}\n".encode(encoding)
    assert is_text(content)
    assert _found("a.txt", content) == ["npm token"]


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE", "ghp_" + "x" * 36, "sk-proj-" + "your-key-here-" * 4,
        "password = 'changeme-please-now'",
        "token: ${{ secrets.GITHUB_TOKEN }}", "postgresql://user:password@localhost/db", "https://u:p@example.com/",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", "mysql://scott:tiger@localhost:3306/test",
        "if line.startswith('-----BEGIN RSA PRIVATE KEY-----'):", "pad_token = '<|endoftext|>'", "max_tokens: 4096",
        "api_key = os.environ['OPENAI_API_KEY']", "password = getpass.getpass('your password: ')",
        "https://[::1]:8080/@x", "eyJhbGciOiJub25lIn0", "sk-learn-estimator-toggleable-content-x-y-z-w-v-u",
        "secret_name='projects/one/secrets/two/versions/latest'", "the token: abcdefghijklmnopqrstuvwxyz012345",
    ],
)  # fmt: skip
def test_placeholders_and_talk_of_secrets_are_none(text: str) -> None:
    assert secrets_in(text) == ()


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("root/.netrc", "machine x login y password hunter2", "login in .netrc"),
        ("home/u/.pypirc", "[pypi]\npassword: correct-horse", "password of a package index"),
        ("root/.docker/config.json", '{"auths": {"r": {"auth": "dTpwYXNz"}}}', "registry login"),
        ("root/.kube/config", "users:\n- user:\n    client-key-data: TFMwdExTMUNSVWRKVGc=", "Kubernetes credential"),
        ("app/.env", "DB_PASSWORD=hunter2hunter2", "value of DB_PASSWORD"),
        ("app/.env.production", "export STRIPE_TOKEN='a b c d e'", "value of STRIPE_TOKEN"),
        ("etc/app.ini", "[db]\npassword = Xk29vLq0pT", "value of password"),
        ("etc/shadow", "root:$6$k2LpQ$v8Rz1TnWqY:19000:0:99999:7:::", "hash of a password"),
        ("srv/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n", "OPENSSH private key"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_tells(path: str, content: str, kind: str) -> None:
    assert kind in _found(path, content.encode())


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("etc/shadow", "root:*:19000:0:99999:7:::\ndaemon:!:1::::::"), ("app/.env", "PASSWORD=\nTOKEN_FILE=/run/t\n"),
        ("x/special_tokens_map.json", '{"pad_token": "<pad>", "bos_token": "<s>"}'), ("etc/a.yaml", "password: null"),
        ("root/.docker/config.json", '{"credsStore": "desktop"}'), ("etc/x.conf", "#password = Xk29vLq0pT"),
    ],
)  # fmt: skip
def test_harmless_settings_are_none(path: str, content: str) -> None:
    assert _found(path, content.encode()) == []


@given(st.binary(max_size=3000))
def test_any_bytes_can_be_searched(content: bytes) -> None:
    search = SecretSearch("a/.env")
    search.feed(content)
    search.found()
