// Ask for complements of a product: java -cp 'lib/*' Complements.java PRODUCT_ID [CONTEXT ...], with NEO4J_URI and so on
// set, and org.neo4j.driver:neo4j-java-driver with its dependencies in lib.
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.neo4j.driver.AuthTokens;
import org.neo4j.driver.Driver;
import org.neo4j.driver.GraphDatabase;
import org.neo4j.driver.QueryConfig;
import org.neo4j.driver.Record;
import org.neo4j.driver.RoutingControl;

public class Complements {
    static final QueryConfig READ =
            QueryConfig.builder().withRouting(RoutingControl.READ).withDatabase("neo4j").build();

    static List<Record> complements(Driver driver, String query, String product, int k, List<String> contexts) {
        return driver.executableQuery(query)
                .withParameters(Map.of("id", product, "k", k, "contexts", contexts))
                .withConfig(READ).execute().records();
    }

    public static void main(String[] args) throws Exception {
        var env = System.getenv();
        // A copy of the package's folder cypher/lookup.
        var query = Files.readString(Path.of(env.get("KG_LOOKUPS"), "complements_of_product.cypher"));
        var login = AuthTokens.basic(env.get("NEO4J_USER"), env.get("NEO4J_PASSWORD"));
        try (var driver = GraphDatabase.driver(env.get("NEO4J_URI"), login)) { // one for the whole process
            var contexts = Arrays.asList(args).subList(1, args.length);
            for (var row : complements(driver, query, args[0], 5, contexts))
                System.out.println(String.join("\t", row.get("id").asString(), row.get("name").asString(),
                        row.get("explanation").asString()));
        }
    }
}
