"""Ask for complements of a product: python complements.py PRODUCT_ID [CONTEXT ...], with NEO4J_URI and so on set."""

import os
import sys
from importlib.resources import files

import neo4j

# The file comes with the package; a service of yours may hold a copy.
COMPLEMENTS = files("cypher").joinpath("lookup/complements_of_product.cypher").read_text("utf-8")


def complements(driver: neo4j.Driver, product: str, k: int, contexts: list[str]) -> list[neo4j.Record]:
    """Return up to k complements, best first."""
    return driver.execute_query(
        COMPLEMENTS, id=product, k=k, contexts=contexts, routing_=neo4j.RoutingControl.READ, database_="neo4j"
    ).records


if __name__ == "__main__":
    login = (os.environ["NEO4J_USER"], os.environ["NEO4J_PASSWORD"])
    with neo4j.GraphDatabase.driver(os.environ["NEO4J_URI"], auth=login) as driver:  # one for the whole process
        for row in complements(driver, sys.argv[1], 5, sys.argv[2:]):
            print(f"{row['id']}\t{row['name']}\t{row['explanation']}")
