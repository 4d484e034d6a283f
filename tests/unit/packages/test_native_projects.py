from __future__ import annotations

import pytest

from nautiloid.packages.native_projects import PROJECTS, library_name, project_of, repository_name


@pytest.mark.parametrize(
    ("name", "version", "library"),
    [
        ("zlib", "1.3.1", "zlib"),
        ("zlib", "2.3.3", "zlib-ng"),  # as Pillow's SBOM calls it
        ("zlib", "", "zlib"),
        ("libjpeg", "3.2.0", "libjpeg-turbo"),
        ("FreeType2", "2.14.3", "freetype"),
        ("pillow/littlecms2", "2.19.1", "lcms2"),
        ("libjpeg", "9e", None),  # the Independent JPEG Group's
        ("nobodys", "1.0", None),
    ],
)
def test_whose_a_library_is(name: str, version: str, library: str | None) -> None:
    project = project_of(name, version)
    assert (project and project.library) == library


def test_every_way_to_a_repository_is_one_name() -> None:
    for url in ("https://github.com/madler/zlib", "https://github.com/Madler/zlib.git/", "git://github.com/madler/zlib",
                "git+https://www.github.com/madler/zlib.git", "ssh://git@github.com/madler/zlib"):  # fmt: skip
        assert repository_name(url) == "github.com/madler/zlib"


def test_the_table_says_where_to_look_or_why_not() -> None:
    names = [name for project in PROJECTS for name in (project.library, *project.aliases)]
    assert len(names) == len(set(names)), "one name leads to one project"
    for project in PROJECTS:
        assert bool(project.repositories) != bool(project.no_advisories), project.library
        assert library_name(project.library) == project.library
        assert all(repository_name(f"https://{one}.git") == one for one in project.repositories)


def test_protobuf_is_tagged_without_the_first_number_of_its_language() -> None:
    project = project_of("protobuf")
    assert project is not None
    assert [project.as_tagged(one) for one in ("3.20.3", "3.21.12", "4.25.3")] == ["3.20.3", "21.12", "25.3"]
