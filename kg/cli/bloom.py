"""``kg bloom``: what merchandisers open in Neo4j Bloom."""

from __future__ import annotations

from pathlib import Path

import click

from kg.cli.session import Session, echo_json, json_option, with_session
from kg.store.bloom.perspective import NAME, VERSION, deep_link, write_perspective

__all__ = ["bloom"]


@click.group()
def bloom() -> None:
    """Prepare Neo4j Bloom for merchandisers: they browse the graph there, and approve or reject what it says.

    Bloom is part of Neo4j Desktop and Aura, and a plugin of the Enterprise edition; the Community edition and the
    embedded graph have none. The guide for merchandisers is docs/bloom.md.
    """


@bloom.command("export")
@with_session
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("product-knowledge.bloom.json"),
    show_default=True,
    help="The file to write.",
)
@click.option("--name", default=NAME, show_default=True, help="What the perspective is called in Bloom.")
@click.option("--force", is_flag=True, help="Replace the file when it is there.")
@json_option
def export(session: Session, out: Path, name: str, force: bool, as_json: bool) -> None:
    """Write the perspective: how the graph looks in Bloom, what can be asked, what can be done with an edge.

    It holds search phrases ("What satisfies $intent", "Complements of product $product", "Edges to review"), actions
    for what is selected (approve, reject, explain, show substitutes), colours, icons, and lines that are the thicker
    the surer an edge is. It holds nothing of your graph and no password; it needs none to be written, and goes on
    working after every build. The same name gives the same file.

    \b
    Examples:
      kg bloom export
      kg bloom export --out shop.json --name "Our shop" --force
    """
    if not name.strip():
        raise click.BadParameter("a perspective needs a name", param_hint="'--name'")
    made = write_perspective(out, name, replace=force)
    found = {"phrases": len(made["templates"]), "actions": len(made["sceneActions"])}
    link = deep_link("What satisfies insomnia", name)
    if as_json:
        echo_json({"file": str(out), "name": name, "version": VERSION, **found, "deep_link": link})
        return
    click.echo(f"wrote {out}: perspective {name!r}, {found['phrases']} search phrases, {found['actions']} actions")
    session.say(_steps(link))
    if _is_embedded(session):
        session.say(
            "note: the configured graph is embedded, and Bloom cannot open it; load a Neo4j server with Bloom\n"
            "  (store.kind: neo4j in the configuration, then kg build --from load)"
        )


def _steps(link: str) -> str:
    lines = (
        "next, in Bloom (Explore in Aura), connected to the graph's database:",
        "  1. open the perspective drawer, top left, and in it the perspective gallery",
        "  2. Import, choose the file, and open the new perspective",
        "  3. type into the search bar: What satisfies",
        "  4. to approve and reject: settings drawer, allow write transactions for scene actions",
        f"a link that opens and asks, behind your server's address: {link}",
        "guide for merchandisers: docs/bloom.md",
    )
    return "\n".join(lines)


def _is_embedded(session: Session) -> bool:
    """Whether there is a configuration and it keeps the graph in a folder."""
    return session.config.is_file() and session.workspace.store_options().kind == "embedded"
