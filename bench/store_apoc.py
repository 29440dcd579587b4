"""The jars of a Neo4j with APOC: peers of the loader write through its procedures, which a plain server lacks."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import filelock

from tests.servers.neo4j_jars import LONG_TERM, jars

__all__ = ["VERSION", "apoc_plugins"]

VERSION = f"{LONG_TERM}-apoc"
"""What the server is called: a version to start, once :func:`apoc_plugins` has made it."""
_APOC = "5.26.19"
_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>product-kg</groupId>
  <artifactId>apoc-for-benchmarks</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.neo4j.procedure</groupId><artifactId>apoc-core</artifactId><version>$</version></dependency>
    <dependency><groupId>org.neo4j.procedure</groupId><artifactId>apoc-common</artifactId><version>$</version></dependency>
  </dependencies>
</project>
"""


def apoc_plugins() -> Path:
    """Put together the server's jars and APOC's, once, and return the folder that the server must scan.

    Raises:
        OSError: there is no Maven.
        subprocess.CalledProcessError: Maven could not fetch APOC.
    """
    plain = jars(LONG_TERM)
    folder = plain.with_name(f"neo4j-{VERSION}")
    with filelock.FileLock(folder.with_name(folder.name + ".lock")):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=plain.parent) as unfinished:
                _fill(Path(unfinished), plain, folder)
    return folder / "plugins"


def _fill(unfinished: Path, plain: Path, folder: Path) -> None:
    (unfinished / "pom.xml").write_text(_POM.replace("$", _APOC), "utf-8")
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=apoc"]
    subprocess.run(command, cwd=unfinished, check=True, timeout=900)
    made = unfinished / "jars"
    (made / "plugins").mkdir(parents=True)
    for jar in plain.iterdir():
        (made / jar.name).symlink_to(jar)
    there = {_name(jar) for jar in plain.iterdir()}
    for jar in (unfinished / "apoc").iterdir():
        if _name(jar) not in there:  # of what both need, the server's own version
            jar.rename(made / jar.name)
    (made / "plugins" / "apoc.jar").symlink_to(folder / f"apoc-core-{_APOC}.jar")
    made.rename(folder)


def _name(jar: Path) -> str:
    return jar.name.rpartition("-")[0]
