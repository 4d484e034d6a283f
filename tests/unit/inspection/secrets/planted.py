"""Tokens of all the forms that people leave behind, made by chance: none of them opens anything, none is written here.

The forms are those of the issuers' documentation, spelled without looking at the table that finds them.
"""

from __future__ import annotations

import base64
import json
import random
import string

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
ALNUM, HEX, URL = UPPER + LOWER + DIGITS, "0123456789abcdef", UPPER + LOWER + DIGITS + "-_"
BASE64 = ALNUM + "+/"


def tokens(seed: int = 7) -> dict[str, str]:
    """Return one token of each form, by its name."""
    chance = random.Random(seed)

    def some(letters: str, count: int) -> str:
        # Both ends are letters or digits, and no letter is more than half of it: what an issuer would hand out.
        return "".join([chance.choice(ALNUM if letters != HEX else HEX) if at in (0, count - 1) else
                        chance.choice(letters) for at in range(count)])  # fmt: skip

    def upper(count: int) -> str:
        return "".join(chance.choice(UPPER + "234567") for _ in range(count))

    def part(data: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    body = "\n".join(some(BASE64, 64) for _ in range(6))
    pem = "-----BEGIN {0}PRIVATE KEY-----\n" + body + "\n-----END {0}PRIVATE KEY-----"
    return {
        "aws-id": "AKIA" + upper(16),
        "aws-session-id": "ASIA" + upper(16),
        "aws-secret": "aws_secret_access_key = " + some(BASE64, 40),
        "github-classic": "ghp_" + some(ALNUM, 36),
        "github-app": "ghs_" + some(ALNUM, 36),
        "github-fine": "github_pat_" + some(ALNUM, 22) + "_" + some(ALNUM, 59),
        "gitlab": "glpat-" + some(URL, 20),
        "gitlab-runner": "glrt-" + some(URL, 20),
        "huggingface": "hf_" + some(UPPER + LOWER, 34),
        "openai-old": "sk-" + some(ALNUM, 20) + "T3Blb" + "kFJ" + some(ALNUM, 20),
        "openai-project": "sk-proj-" + some(URL, 74) + "T3Blb" + "kFJ" + some(URL, 74),
        "anthropic": "sk-ant-api03-" + some(URL, 93) + "AA",
        "openrouter": "sk-or-v1-" + some(HEX, 64),
        "groq": "gsk_" + some(ALNUM, 52),
        "replicate": "r8_" + some(ALNUM, 37),
        "nvidia": "nvapi-" + some(URL, 64),
        "langsmith": "lsv2_pt_" + some(HEX, 32) + "_" + some(HEX, 10),
        "slack-bot": f"xoxb-{chance.randrange(10**11, 10**12)}-{chance.randrange(10**12, 10**13)}-{some(ALNUM, 24)}",
        "slack-hook": f"https://hooks.slack.com/services/T{upper(8)}/B{upper(8)}/{some(ALNUM, 24)}",
        "discord-hook": f"https://discord.com/api/webhooks/{chance.randrange(10**17, 10**18)}/{some(URL, 68)}",
        "telegram": f"{chance.randrange(10**9, 10**10)}:AA{some(URL, 33)}",
        "pypi": "pypi-AgEIcHlwaS5vcmc" + some(URL, 80),
        "npm": "npm_" + some(ALNUM, 36),
        "docker-hub": "dckr_pat_" + some(URL, 27),
        "google-api": "AIza" + some(URL, 35),
        "google-oauth": "GOCSPX-" + some(URL, 28),
        "stripe": "sk_live_" + some(ALNUM, 24),
        "twilio": "SK" + some(HEX, 32),
        "sendgrid": "SG." + some(URL, 22) + "." + some(URL, 43),
        "mailgun": "key-" + some(HEX, 32),
        "digitalocean": "dop_v1_" + some(HEX, 64),
        "databricks": "dapi" + some(HEX, 32),
        "vault": "hvs." + some(URL, 90),
        "terraform": some(ALNUM, 14) + ".atlasv1." + some(URL, 64),
        "azure-storage": "DefaultEndpointsProtocol=https;AccountKey=" + some(BASE64, 86) + "==",
        "azure-client": some(ALNUM, 3) + "8Q~" + some(ALNUM, 34),
        "shopify": "shpat_" + some(HEX, 32),
        "grafana": "glsa_" + some(ALNUM, 32) + "_" + some(HEX, 8),
        "linear": "lin_api_" + some(ALNUM, 40),
        "tailscale": "tskey-auth-" + some(ALNUM, 12) + "-" + some(ALNUM, 32),
        "age": "AGE-SECRET-KEY-1" + "".join(chance.choice("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L") for _ in range(58)),
        "jwt": part({"alg": "HS256", "typ": "JWT"}) + "." + part({"sub": "12", "name": "n"}) + "." + some(URL, 43),
        "database": f"postgresql://app:{some(ALNUM, 18)}@db.internal:5432/app",
        "bearer": "Authorization: Bearer " + some(URL, 40),
        "rsa-key": pem.format("RSA "),
        "openssh-key": pem.format("OPENSSH "),
        "pgp-key": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + body,
        "key-in-json": json.dumps({"private_key": pem.format("")}),
        "named": f'WANDB_API_KEY = "{some(HEX, 40)}"',
        "password": f'"password": "{some(ALNUM, 20)}"',
    }  # fmt: skip
