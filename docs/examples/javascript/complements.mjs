// Ask for complements of a product: node complements.mjs PRODUCT_ID [CONTEXT ...], with NEO4J_URI and so on set.
import { readFile } from 'node:fs/promises'
import neo4j from 'neo4j-driver'

const { NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD, KG_LOOKUPS } = process.env
// A copy of the package's folder cypher/lookup.
const COMPLEMENTS = await readFile(`${KG_LOOKUPS}/complements_of_product.cypher`, 'utf8')

async function complements(driver, product, k, contexts) {
  const { records } = await driver.executeQuery(
    COMPLEMENTS,
    { id: product, k: neo4j.int(k), contexts }, // a plain number would travel as a float, which LIMIT refuses
    { routing: neo4j.routing.READ, database: 'neo4j' }
  )
  return records.map(record => record.toObject())
}

const driver = neo4j.driver(NEO4J_URI, neo4j.auth.basic(NEO4J_USER, NEO4J_PASSWORD)) // one for the whole process
try {
  const [product, ...contexts] = process.argv.slice(2)
  for (const hit of await complements(driver, product, 5, contexts)) {
    console.log([hit.id, hit.name, hit.explanation].join('\t'))
  }
} finally {
  await driver.close()
}
