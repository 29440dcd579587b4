// Ask for complements of a product: go run . PRODUCT_ID [CONTEXT ...], with NEO4J_URI and so on set.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
)

func main() {
	ctx := context.Background()
	// KG_LOOKUPS: a copy of the package's folder cypher/lookup.
	query, err := os.ReadFile(filepath.Join(os.Getenv("KG_LOOKUPS"), "complements_of_product.cypher"))
	check(err)
	login := neo4j.BasicAuth(os.Getenv("NEO4J_USER"), os.Getenv("NEO4J_PASSWORD"), "")
	driver, err := neo4j.NewDriverWithContext(os.Getenv("NEO4J_URI"), login) // one for the whole process
	check(err)
	defer driver.Close(ctx)
	asked := map[string]any{"id": os.Args[1], "k": 5, "contexts": os.Args[2:]}
	found, err := neo4j.ExecuteQuery(ctx, driver, string(query), asked, neo4j.EagerResultTransformer,
		neo4j.ExecuteQueryWithReadersRouting(), neo4j.ExecuteQueryWithDatabase("neo4j"))
	check(err)
	for _, row := range found.Records {
		hit := row.AsMap()
		fmt.Printf("%s\t%s\t%s\n", hit["id"], hit["name"], hit["explanation"])
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
