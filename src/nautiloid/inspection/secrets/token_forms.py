"""What the tokens of the world look like: for each a literal to look for, and what follows it.

A literal (the *anchor*) is found in all texts at once; only where one stands is a pattern tried. Sources: the issuers'
documentation, and the rule sets of gitleaks (``config/gitleaks.toml``, MIT) and detect-secrets (``plugins``,
Apache-2.0), with which the forms were compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BEFORE = rb"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
_BEHIND = rb"(?![A-Za-z0-9])"


@dataclass(frozen=True, slots=True)
class TokenForm:
    """One form of token.

    Attributes:
        kind: In words.
        anchor: What stands in every such token, as it stands.
        pattern: Matches the whole token; its group ``secret`` is the part that nobody may see.
        back: How many bytes before the anchor the token may begin.
        bits: The least entropy of a character, for forms that much else has, too.
        shows_prefix: What stands before the secret part is the same in all tokens, and may be shown.
    """

    kind: str
    anchor: bytes
    pattern: re.Pattern[bytes]
    back: int = 0
    bits: float = 0
    shows_prefix: bool = False


# Kind of token, the letters that it begins with (several for several kinds of token), and a pattern for the rest.
_PREFIXED = (
    # clouds and hosts
    ("AWS access key", "AKIA ASIA ABIA", r"[A-Z0-9]{16}"),
    ("Amazon Bedrock key", "ABSK", r"[A-Za-z0-9+/]{100,}={0,2}"),
    ("Google API key", "AIza", r"[\w-]{35}"),
    ("Google OAuth client secret", "GOCSPX-", r"[\w-]{28}"),
    ("Google access token", "ya29.", r"[\w-]{30,}"),
    ("Google refresh token", "1//0", r"[\w-]{40,}"),
    ("Alibaba Cloud access key", "LTAI", r"[A-Za-z0-9]{16,20}"),
    ("Tencent Cloud secret id", "AKID", r"[A-Za-z0-9]{32}"),
    ("Yandex Cloud key", "AQVN", r"[\w-]{35,38}"),
    ("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{64}"),
    ("Cloudflare origin key", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{146}"),
    ("Heroku key", "HRKU-", r"[\w-]{36,64}"),
    ("Fly.io token", "fo1_", r"[\w-]{43}"),
    ("Netlify token", "nfp_", r"[A-Za-z0-9]{36}"),
    ("Supabase token", "sbp_", r"[a-f0-9]{40}"),
    ("PlanetScale credential", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.=-]{32,64}"),
    ("Vault token", "hvs. hvb.", r"[\w-]{24,}"),
    ("Doppler token", "dp.pt. dp.st. dp.ct. dp.sa.", r"(?:[a-z0-9_-]+\.)?[A-Za-z0-9]{40,44}"),
    ("1Password service account", "ops_eyJ", r"[A-Za-z0-9+/]{200,}={0,3}"),
    ("OpenShift token", "sha256~", r"[\w-]{43}"),
    ("Tailscale key", "tskey-auth- tskey-api- tskey-client-", r"[A-Za-z0-9]{8,}-[A-Za-z0-9]{16,}"),
    ("Pulumi token", "pul-", r"[a-f0-9]{40}"),
    ("Databricks token", "dapi", r"[a-f0-9]{32}(?:-\d)?"),
    # where code and packages are kept
    ("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{36,251}"),
    ("GitHub token", "github_pat_", r"[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    (
        "GitLab token",
        "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glimt- glagent- gloas-",
        r"[\w-]{20,}(?:\.[\w-]+)*",
    ),
    ("Bitbucket password", "ATBB", r"[A-Za-z0-9]{32}"),
    ("Atlassian token", "ATATT3 ATCTT3", r"[\w=-]{180,}"),
    ("PyPI token", "pypi-AgE", r"[\w-]{60,}"),
    ("npm token", "npm_", r"[A-Za-z0-9]{36}"),
    ("RubyGems key", "rubygems_", r"[a-f0-9]{48}"),
    ("crates.io token", "cio", r"[A-Za-z0-9]{32}"),
    ("NuGet key", "oy2", r"[a-z0-9]{43}"),
    ("Docker Hub token", "dckr_pat_ dckr_oat_", r"[\w-]{27,}"),
    ("Artifactory key", "AKCp", r"[A-Za-z0-9]{60,}"),
    ("Artifactory reference token", "cmVmdGtu", r"[A-Za-z0-9]{56}"),
    ("Sourcegraph token", "sgp_", r"(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}"),
    ("SonarQube token", "squ_ sqp_ sqa_", r"[a-f0-9]{40}"),
    ("Buildkite token", "bkua_", r"[a-f0-9]{40}"),
    ("CircleCI token", "CCIPAT_ CCIPRJ_", r"[A-Za-z0-9]{22}_[a-f0-9]{40}"),
    ("Postman key", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    # models and those who serve them
    ("Hugging Face token", "hf_ api_org_", r"[A-Za-z0-9]{34}"),
    ("OpenAI key", "sk-proj- sk-svcacct- sk-admin-", r"[\w-]{40,}"),
    ("Anthropic key", "sk-ant-", r"[a-z0-9]+-[\w-]{40,}"),
    ("OpenRouter key", "sk-or-v1-", r"[a-f0-9]{64}"),
    ("Langfuse key", "sk-lf-", r"[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    ("OpenAI or DeepSeek key", "sk-", r"[A-Za-z0-9]{32,64}"),
    ("Replicate token", "r8_", r"[A-Za-z0-9]{37}"),
    ("Groq key", "gsk_", r"[A-Za-z0-9]{48,56}"),
    ("Perplexity key", "pplx-", r"[A-Za-z0-9]{40,64}"),
    ("xAI key", "xai-", r"[A-Za-z0-9]{64,100}"),
    ("NVIDIA key", "nvapi-", r"[\w-]{50,80}"),
    ("LangSmith key", "lsv2_pt_ lsv2_sk_", r"[a-f0-9]{32}_[a-f0-9]{10}"),
    ("Pinecone key", "pcsk_", r"\w{50,}"),
    ("Jina key", "jina_", r"[A-Za-z0-9_-]{50,70}"),
    ("Tavily key", "tvly-", r"(?:dev-|prod-)?[A-Za-z0-9]{32}"),
    ("LlamaCloud key", "llx-", r"[A-Za-z0-9]{48}"),
    ("Fireworks key", "fw_", r"[A-Za-z0-9]{24}"),
    ("Cerebras key", "csk-", r"[a-z0-9]{48}"),
    ("Together key", "tgp_v1_", r"[\w-]{43}"),
    ("ElevenLabs key", "sk_", r"[a-f0-9]{48}"),
    ("Weights & Biases key", "wandb_v1_", r"\w{60,90}"),
    ("Kaggle token", "KGAT_", r"[a-f0-9]{32}"),
    # talk, mail, money, and watching over all that
    ("Slack token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xoxe.xoxp- xoxe.xoxb-", r"[0-9A-Za-z-]{20,}"),
    ("Slack app token", "xapp-", r"\d-[A-Z0-9]+-\d+-[a-z0-9]{32,}"),
    ("Slack webhook", "hooks.slack.com/services/", r"T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}"),
    ("Discord webhook", "discord.com/api/webhooks/ discordapp.com/api/webhooks/", r"\d{17,20}/[\w-]{50,}"),
    ("Twilio key", "SK", r"[a-f0-9]{32}"),
    ("SendGrid key", "SG.", r"[\w-]{16,32}\.[\w-]{32,64}"),
    ("Mailgun key", "key-", r"[a-f0-9]{32}"),
    ("Brevo key", "xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("Stripe key", "sk_live_ rk_live_ sk_test_ rk_test_", r"[A-Za-z0-9]{16,}"),
    ("Stripe webhook secret", "whsec_", r"[A-Za-z0-9+/]{32,}={0,2}"),
    ("Square token", "sq0atp- sq0csp-", r"[\w-]{22,43}"),
    ("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"[a-fA-F0-9]{32}"),
    ("Shippo token", "shippo_live_ shippo_test_", r"[a-f0-9]{40}"),
    ("EasyPost key", "EZAK EZTK", r"[A-Za-z0-9]{54}"),
    ("Linear key", "lin_api_", r"[A-Za-z0-9]{40}"),
    ("Notion token", "ntn_", r"[A-Za-z0-9]{40,50}"),
    ("Notion token", "secret_", r"[A-Za-z0-9]{43}"),
    ("Figma token", "figd_", r"[\w-]{40,}"),
    ("Grafana token", "glsa_", r"[A-Za-z0-9]{32}_[a-fA-F0-9]{8}"),
    ("Grafana Cloud token", "glc_", r"[A-Za-z0-9+/]{32,}={0,2}"),
    ("Sentry token", "sntrys_", r"[A-Za-z0-9+/=_-]{60,}"),
    ("Sentry token", "sntryu_", r"[a-f0-9]{64}"),
    ("New Relic key", "NRAK-", r"[A-Z0-9]{27}"),
    ("Dynatrace token", "dt0c01. dt0s01. dt0s16.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("Prefect key", "pnu_ pnb_", r"[A-Za-z0-9]{36}"),
    ("ReadMe key", "rdme_", r"[a-z0-9]{70}"),
    ("age secret key", "AGE-SECRET-KEY-1", r"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
)

# Forms whose anchor stands in the midst of them; the last number says how far before it they may begin.
_OTHERS = (
    ("OpenAI key", "T3BlbkFJ", rb"sk-[\w-]{10,100}?T3BlbkFJ(?P<secret>[\w-]{20,})", 110),
    ("Terraform Cloud token", ".atlasv1.", rb"[A-Za-z0-9]{14}\.atlasv1\.(?P<secret>[\w-]{60,70})", 14),
    ("Azure client secret", "Q~", rb"[\w~.]{3}\dQ~(?P<secret>[\w~.-]{31,34})", 4),
    ("Telegram bot token", ":AA", rb"\d{8,10}:AA(?P<secret>[\w-]{33})", 10),
    ("Mailchimp key", "-us", rb"(?P<secret>[a-f0-9]{32})-us\d{1,2}", 32),
    ("Azure storage key", "AccountKey=", rb"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)", 0),
    ("Azure access key", "SharedAccessKey=", rb"SharedAccessKey=(?P<secret>[A-Za-z0-9+/]{43}=)", 0),
    ("Azure shared access signature", "sig=", rb"sig=(?P<secret>[A-Za-z0-9%+/]{43,80}(?:%3[Dd]|=))", 0),
    ("JSON Web Token", "eyJ", rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.(?P<secret>[\w-]{20,})", 0),
    ("password in an address", "://", rb"://[^\s:/@'\"<>{}$\\,;|()\[\]]{0,80}:(?P<secret>[^\s:/@'\"<>{}$\\,;|()\[\]]{4,100})"
     rb"@(?P<host>[A-Za-z0-9._-]+)", 0),
    ("password of HTTP", "uthorization", rb"uthorization['\"]?\s{0,2}[:=,]\s{0,2}['\"]?(?:Basic|Bearer|[Tt]oken) "
     rb"(?P<secret>[A-Za-z0-9+/._~=-]{16,})", 0),
)  # fmt: skip

_KEY_BODY = rb"(?:[A-Za-z-]{4,20}: [^\n]{0,120}\s+){0,4}[A-Za-z0-9+/=]{40}"
_PRIVATE_KEYS = (
    (
        "private key", "PRIVATE KEY", 40,
        rb"-{4,5} ?BEGIN (?P<type>(?:[A-Z0-9]+ ){0,3})PRIVATE KEY(?: BLOCK)? ?-{4,5}"
        rb"(?P<secret>(?:[\s'\"+,]|\\[nr])+" + _KEY_BODY + rb")",
    ),
    (
        "PuTTY private key", "PuTTY-User-Key-File-", 0,
        rb"PuTTY-User-Key-File-\d: [\w-]{3,40}\s(?P<secret>[\s\S]{0,3000}?Private-Lines: \d)",
    ),
)  # fmt: skip

# Names under which any value that looks drawn by chance is taken for a secret, in quotes.
_NAMES = (
    "assword", "ASSWORD", "asswd", "ASSWD", "assphrase", "ecret", "ECRET", "oken", "OKEN", "pi_key", "PI_KEY", "piKey",
    "pikey", "PIKEY", "pi-key", "ccess_key", "CCESS_KEY", "ccessKey", "uth_key", "UTH_KEY", "rivate_key",
)  # fmt: skip
_ASSIGNED = (
    rb"[A-Za-z0-9_.-]{0,24}['\"]?\]?\s{0,3}(?::\s{0,2}str\s{0,2})?(?:=>|:=|[:=])"
    rb"\s{0,3}[bru]{0,2}['\"](?P<secret>[^'\"\s]{16,200})['\"]"
)
_BITS = 3.5

_AWS_SECRET = rb"['\"]?\s{0,3}[:=,]{1,2}\s{0,3}['\"]?(?P<secret>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])"
_AWS_SECRET_NAMES = ("ecret_access_key", "ECRET_ACCESS_KEY", "ecretAccessKey")


def token_forms() -> tuple[TokenForm, ...]:
    """Return all forms, those that are told most surely first."""
    return tuple(_forms())


def _forms() -> Iterator[TokenForm]:
    for kind, anchors, rest in _PREFIXED:
        for anchor in anchors.split():
            pattern = _BEFORE + re.escape(anchor.encode()) + b"(?P<secret>" + rest.encode() + b")" + _BEHIND
            yield TokenForm(kind, anchor.encode(), re.compile(pattern), shows_prefix=True)
    for kind, anchor, whole, back in _OTHERS:
        yield TokenForm(kind, anchor.encode(), re.compile((_BEFORE if back else b"") + whole + _BEHIND), back)
    for kind, anchor, back, whole in _PRIVATE_KEYS:
        yield TokenForm(kind, anchor.encode(), re.compile(whole), back)
    for name in _AWS_SECRET_NAMES:
        yield TokenForm("AWS secret key", name.encode(), re.compile(name.encode() + _AWS_SECRET), bits=_BITS)
    for name in _NAMES:
        yield TokenForm("secret that is assigned", name.encode(), re.compile(name.encode() + _ASSIGNED), bits=_BITS)
