import java.nio.file.Path;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/** A real Neo4j Community kernel behind real Bolt: {@code java Server.java HOME}, with its settings in HOME/server.conf. */
public final class Server {
    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]);
        DatabaseManagementService dbms = new DatabaseManagementServiceBuilder(home)
            .loadPropertiesFromFile(home.resolve("server.conf"))
            .build();
        Runtime.getRuntime().addShutdownHook(new Thread(dbms::shutdown));
        System.out.println("READY");
        System.out.flush();
        // The parent holds our standard input: when it dies, however it dies, so do we.
        while (System.in.read() >= 0) { }
        System.exit(0);
    }
}
