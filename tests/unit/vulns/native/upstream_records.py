"""Records of upstream projects after OSV's schema: ``GIT`` as the export derives them from CVEs, and ``OSS-Fuzz``.

The export itself could not be reached. Vulnerabilities, projects, fixing commits and affected releases are real ones;
the lists of tags are shortened.
"""

from __future__ import annotations

from typing import Any


def git_record(
    identity: str, repository: str, tags: list[str], fixed: str | None = "", *, introduced: str = "0", **more: Any
) -> dict[str, Any]:
    """Return a record without a package: an affected repository, its range of commits, and the tags in it.

    Args:
        identity: Its id.
        repository: URL of the source.
        tags: The releases in the range.
        fixed: The commit that ends it; None for a range without an end.
        introduced: The commit that begins it.
        more: Further fields.
    """
    events = [{"introduced": introduced}, *([{"fixed": fixed or "f" * 40}] if fixed is not None else [])]
    return {
        "id": identity,
        "schema_version": "1.7.0",
        "modified": "2026-11-20T00:00:00Z",
        "details": f"About {repository}.",
        "affected": [{
            "ranges": [{"type": "GIT", "repo": repository, "events": events}],
            "versions": tags,
            "database_specific": {"source": f"https://osv.example/{identity}.json"},
        }],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        **more,
    }  # fmt: skip


def oss_fuzz_record(identity: str, name: str, repository: str, tags: list[str], **more: Any) -> dict[str, Any]:
    """Return a record of the fuzzing service: a package of its own ecosystem, with commits and tags."""
    affected = git_record(identity, repository, tags)["affected"][0]
    affected["package"] = {"ecosystem": "OSS-Fuzz", "name": name, "purl": f"pkg:generic/{name}"}
    affected["ecosystem_specific"] = {"severity": "HIGH"}
    return {"id": identity, "modified": "2026-11-20T00:00:00Z", "summary": f"Found in {name}.",
            "affected": [affected], **more}  # fmt: skip


def debian_record(identity: str, source: str, *fixed: tuple[str, str | None], **more: Any) -> dict[str, Any]:
    """Return Debian's record of a CVE: releases with the versions that fix it, None where none does."""
    affected = [
        {
            "package": {"ecosystem": f"Debian:{release}", "name": source},
            "ranges": [{"type": "ECOSYSTEM",
                        "events": [{"introduced": "0"}, *([{"fixed": version}] if version else [])]}],
        }
        for release, version in fixed
    ]  # fmt: skip
    return {"id": f"DEBIAN-{identity}", "modified": "2026-11-20T00:00:00Z", "upstream": [identity],
            "affected": affected, **more}  # fmt: skip


ZLIB = "https://github.com/madler/zlib"
OPENSSL = "https://github.com/openssl/openssl.git"

GIT_RECORDS = [
    git_record("CVE-2018-25032", ZLIB, ["v1.2.8", "v1.2.9", "v1.2.10", "v1.2.11"],
               "5c44459c3b28a9bd3283aaceab7c615f8020c531"),
    git_record("CVE-2022-37434", ZLIB, ["v1.2.8", "v1.2.9", "v1.2.10", "v1.2.11", "v1.2.12"],
               "eff308af425b67093bab25f80f1ae950166bece1"),
    git_record("CVE-2023-4863", "https://chromium.googlesource.com/webm/libwebp",
               ["v0.5.0", "v0.5.1", "v1.0.0", "v1.0.0-rc1", "v1.2.4", "v1.3.0", "v1.3.1", "webp-rfc9649"],
               "902bc9190331343b2017211debcec8d2ab87e17a", introduced="1" * 40),
    git_record("CVE-2019-7317", "https://github.com/glennrp/libpng",
               ["v1.6.0", "v1.6.20", "v1.6.34", "libpng-1.6.35-signed", "v1.6.36"],
               "9c0d5c77bf5bf2d7c1e11f388de40a70e0191550"),
    git_record("CVE-2022-3602", OPENSSL, ["openssl-3.0.0", "openssl-3.0.0-alpha1", "openssl-3.0.1", "openssl-3.0.6"],
               "fe3b639dc19b325846f4f6801f2f4604f56e3de3", introduced="2" * 40),
    git_record("CVE-2023-38545", "https://github.com/curl/curl", ["curl-7_69_0", "curl-8_2_1", "curl-8_3_0"],
               "fb4415d8aee6c1045be932a34fe6107c2f5ed147", introduced="3" * 40),
]  # fmt: skip
OSS_FUZZ_RECORDS = [
    oss_fuzz_record("OSV-2020-1999", "freetype2", "https://gitlab.freedesktop.org/freetype/freetype.git",
                    ["VER-2-6", "VER-2-9-1", "VER-2-10-2", "VER-2-10-3"], aliases=["CVE-2020-15999"]),
]  # fmt: skip
