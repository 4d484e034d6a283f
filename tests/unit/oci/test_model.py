from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.oci.digest import digest_of
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.model import Descriptor, History, ImageConfig, Manifest, Platform

TEXT = st.text(min_size=1, max_size=20)
DIGESTS = st.binary(max_size=8).map(digest_of)

configs = st.builds(
    ImageConfig,
    platform=st.builds(Platform, st.just("linux"), st.sampled_from(["amd64", "arm64"]), st.sampled_from(["", "v8"])),
    created=st.sampled_from(["", "2026-11-01T00:00:00Z"]),
    user=st.sampled_from(["", "65532:65532"]),
    env=st.lists(TEXT, max_size=3).map(tuple),
    entrypoint=st.lists(TEXT, max_size=3).map(tuple),
    cmd=st.lists(TEXT, max_size=3).map(tuple),
    working_dir=st.sampled_from(["", "/home"]),
    labels=st.dictionaries(TEXT, TEXT, max_size=3),
    volumes=st.lists(TEXT, max_size=3, unique=True).map(sorted).map(tuple),
    exposed_ports=st.lists(TEXT, max_size=3, unique=True).map(sorted).map(tuple),
    healthcheck=st.dictionaries(TEXT, st.integers(0, 9) | st.lists(TEXT, max_size=2), max_size=2),
    diff_ids=st.lists(DIGESTS, max_size=3).map(tuple),
    history=st.lists(st.builds(History, created_by=TEXT, empty_layer=st.booleans()), max_size=2).map(tuple),
)
descriptors = st.builds(
    Descriptor,
    media_type=TEXT,
    digest=DIGESTS,
    size=st.integers(0, 2**40),
    annotations=st.dictionaries(TEXT, TEXT, max_size=2),
    platform=st.none() | st.just(Platform("linux", "arm64", "v8")),
)


@given(configs)
def test_a_configuration_survives_writing_and_reading(config: ImageConfig) -> None:
    assert ImageConfig.from_json(config.to_json()) == config


@given(st.builds(Manifest, descriptors, st.lists(descriptors, max_size=3).map(tuple)))
def test_a_manifest_survives_writing_and_reading(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_the_order_of_labels_does_not_change_the_bytes() -> None:
    one = ImageConfig(Platform("linux", "amd64"), labels={"a": "1", "b": "2"})
    two = ImageConfig(Platform("linux", "amd64"), labels={"b": "2", "a": "1"})
    assert one.to_json() == two.to_json()
    assert b" " not in one.to_json()


def test_other_peoples_configurations_are_read() -> None:
    theirs = {
        "architecture": "arm64",
        "os": "linux",
        "variant": "v8",
        "moby.buildkit.buildinfo.v1": "xyz",
        "config": {"Env": None, "Cmd": ["sh"], "Labels": None, "Volumes": {"/data": {}}, "Healthcheck": {"Test": []}},
        "history": [{"created_by": "RUN x", "unknown": 1}, None],
        "rootfs": {"type": "layers", "diff_ids": [digest_of(b"")]},
    }
    config = ImageConfig.from_json(json.dumps(theirs).encode())
    assert (config.platform, config.cmd, config.env) == (Platform("linux", "arm64", "v8"), ("sh",), ())
    assert (config.volumes, config.labels, len(config.history)) == (("/data",), {}, 1)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"\xff", b'{"config": {}}', b'{"config": null, "layers": []}']
)
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ImageFormatError):
        Manifest.from_json(content)


@pytest.mark.parametrize(
    "digest",
    ["", "sha256:", "sha256:../../etc/passwd", "sha512:" + "0" * 64, "sha256:" + "A" * 64, "sha256:" + "0" * 65],
)
def test_a_descriptor_with_a_strange_digest_is_refused(digest: str) -> None:
    with pytest.raises(ImageFormatError):
        Descriptor.from_dict({"mediaType": "x", "digest": digest, "size": 1})


@pytest.mark.parametrize("size", [-1, None, "12"])
def test_a_descriptor_with_a_strange_size_is_refused(size: object) -> None:
    with pytest.raises(ImageFormatError):
        Descriptor.from_dict({"mediaType": "x", "digest": digest_of(b""), "size": size})


def test_platforms_are_parsed_and_matched() -> None:
    assert str(Platform.parse("linux/arm64/v8")) == "linux/arm64/v8"
    assert Platform.parse("linux/arm64").matches(Platform("linux", "arm64", "v8"))
    assert not Platform.parse("linux/arm/v6").matches(Platform("linux", "arm", "v7"))
    assert not Platform.parse("linux/amd64").matches(Platform("linux", "arm64"))
    for wrong in ("linux", "linux/", "/amd64", "a/b/c/d", ""):
        with pytest.raises(ImageFormatError):
            Platform.parse(wrong)
