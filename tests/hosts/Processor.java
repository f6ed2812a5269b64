import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.Security;
import java.util.*;

/**
 * Says what Java sends where a Message Processor's files are as in each of the folders.
 *
 * <p>The first line of output is this Java's jdk.tls.disabledAlgorithms. Then, for each folder: the
 * ClientHello in hex; "refused" where Java does not begin; or "again" where that must be asked of
 * another JVM, since the settings that Java reads but once are others than those of the first
 * folder.
 */
public class Processor {
    static final String EDGE = "opt/apigee/edge-message-processor/";
    static final String OWN = "opt/apigee/customer/application/message-processor.properties";
    static final String HTTPS = "https.protocols";
    static final String[] SYSTEM = {HTTPS, "jdk.tls.client.protocols", "jsse.enableSNIExtension"};
    static final String DISABLED = "jdk.tls.disabledAlgorithms";
    static volatile String hello;

    public static void main(String[] folders) throws Exception {
        System.out.println(Security.getProperty(DISABLED));
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Thread listening = new Thread(() -> listen(listener));
        listening.setDaemon(true);
        listening.start();
        Map<String, String> first = null;
        for (String folder : folders) {
            Map<String, String> found = settings(Paths.get(folder));
            String named = found.remove(HTTPS);
            if (first == null) {
                first = found;
                found.forEach((name, value) -> {
                    if (name.equals(DISABLED)) Security.setProperty(name, value);
                    else System.setProperty(name, value);
                });
            }
            if (named == null) System.clearProperty(HTTPS);
            else System.setProperty(HTTPS, named);
            System.out.println(first.equals(found) ? asked(listener.getLocalPort()) : "again");
        }
    }

    /** What is in effect, by Edge's rules: its own files, its tokens, the customer's tokens. */
    static Map<String, String> settings(Path folder) throws IOException {
        Map<String, String> found = new HashMap<>();
        Properties java = load(folder.resolve("opt/java/lib/security/java.security"));
        if (java.getProperty(DISABLED) != null) found.put(DISABLED, java.getProperty(DISABLED));
        Properties system = load(folder.resolve(EDGE + "conf/system.properties"));
        for (String name : SYSTEM)
            if (system.getProperty(name) != null) found.put(name, system.getProperty(name));
        Properties security = load(folder.resolve(EDGE + "conf/jvmsecurity.properties"));
        if (security.getProperty(DISABLED) != null)
            found.put(DISABLED, security.getProperty(DISABLED));
        for (String file : new String[] {EDGE + "token/default.properties", OWN}) {
            Properties tokens = load(folder.resolve(file));
            for (String form : new String[] {"conf_%s_%s", "conf/%s.properties+%s"}) {
                for (String name : SYSTEM)
                    put(found, name, tokens.getProperty(String.format(form, "system", name)));
                String token = String.format(form, "jvmsecurity", DISABLED);
                put(found, DISABLED, tokens.getProperty(token));
            }
        }
        return found;
    }

    static void put(Map<String, String> found, String name, String value) {
        if (value != null) found.put(name, value);
    }

    static Properties load(Path file) throws IOException {
        Properties read = new Properties();
        if (Files.exists(file))
            try (InputStream in = Files.newInputStream(file)) {
                read.load(in);
            }
        return read;
    }

    static String asked(int port) throws Exception {
        hello = null;
        try {
            new URL("https://backend.example.com:" + port + "/").openConnection().getInputStream();
        } catch (IOException | IllegalArgumentException | LinkageError error) {
            return hello == null ? "refused" : hello;
        }
        return "answered";
    }

    static void listen(ServerSocket listener) {
        while (true) {
            try (Socket peer = listener.accept()) {
                InputStream in = peer.getInputStream();
                int type = in.read(), second = in.read();
                if (second < 0) continue;
                boolean isOld = (type & 0x80) != 0;
                byte[] head = isOld ? new byte[0] : in.readNBytes(3);
                int size = isOld ? (type & 0x7f) << 8 | second
                    : (head[1] & 0xff) << 8 | head[2] & 0xff;
                StringBuilder told = new StringBuilder(String.format("%02x%02x", type, second));
                for (byte each : head) told.append(String.format("%02x", each));
                for (byte each : in.readNBytes(size)) told.append(String.format("%02x", each));
                hello = told.toString();
            } catch (IOException gone) {
                // the next one
            }
        }
    }
}
