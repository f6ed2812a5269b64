import java.io.*;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

/**
 * Asks this Java's own trust manager about chains, each within a real TLS handshake in memory.
 *
 * <p>Arguments: protocol, and a certificate and its EC key (PKCS#8) for the handshake, in base64.
 * A line of input: role, host (or nothing), time (milliseconds), chain and anchors (base64, with
 * commas between). A line of output: "ok", or what the exception says.
 */
public class Judge {
    static final Base64.Decoder BASE64 = Base64.getDecoder();
    static String protocol;
    static KeyManager[] keys;

    public static void main(String[] arguments) throws Exception {
        protocol = arguments[0];
        X509Certificate own = certificates(arguments[1])[0];
        PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(BASE64.decode(arguments[2]));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("own", KeyFactory.getInstance("EC").generatePrivate(key),
            new char[0], new Certificate[] {own});
        KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
        factory.init(store, new char[0]);
        keys = factory.getKeyManagers();
        BufferedReader in = new BufferedReader(
            new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
        List<String[]> questions = new ArrayList<>();
        for (String line; (line = in.readLine()) != null; ) questions.add(line.split("\t", -1));
        Map<List<String>, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < questions.size(); i++)
            groups.computeIfAbsent(Arrays.asList(questions.get(i)).subList(0, 2),
                ignored -> new ArrayList<>()).add(i);
        String[] answers = new String[questions.size()];
        for (Map.Entry<List<String>, List<Integer>> group : groups.entrySet()) {
            String role = group.getKey().get(0), host = group.getKey().get(1);
            handshake(role, host.isEmpty() ? null : host, (authType, engine) -> {
                for (int i : group.getValue()) answers[i] = judge(questions.get(i), authType, engine);
            });
        }
        for (String each : answers) out.println(each.replace("\n", "\\n"));
        out.flush();
    }

    static X509Certificate[] certificates(String text) throws CertificateException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> found = new ArrayList<>();
        for (String each : text.split(","))
            if (!each.isEmpty())
                found.add((X509Certificate) factory.generateCertificate(
                    new ByteArrayInputStream(BASE64.decode(each))));
        return found.toArray(new X509Certificate[0]);
    }

    interface Task { void run(String authType, SSLEngine engine); }

    static String judge(String[] question, String authType, SSLEngine engine) {
        X509Certificate[] chain;
        Set<TrustAnchor> anchors = new HashSet<>();
        try {
            chain = certificates(question[3]);
            for (X509Certificate each : certificates(question[4]))
                anchors.add(new TrustAnchor(each, null));
        } catch (CertificateException error) {
            return "unreadable: " + error.getMessage();
        }
        try {
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, null);
            parameters.setDate(new Date(Long.parseLong(question[2])));
            parameters.setRevocationEnabled(false);
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(new CertPathTrustManagerParameters(parameters));
            X509ExtendedTrustManager real =
                (X509ExtendedTrustManager) factory.getTrustManagers()[0];
            if (question[0].equals("server")) real.checkServerTrusted(chain, authType, engine);
            else real.checkClientTrusted(chain, authType, engine);
            return "ok";
        } catch (CertificateException error) {
            return String.valueOf(error.getMessage());
        } catch (Exception error) {
            return error.toString();
        }
    }

    /** Trusts whatever the handshake has, once it has run its task. */
    static class Asker extends X509ExtendedTrustManager {
        final String role;
        final Task task;
        boolean done;

        Asker(String role, Task task) {
            this.role = role;
            this.task = task;
        }

        void ask(String asked, String authType, SSLEngine engine) {
            if (!asked.equals(role)) return;
            task.run(authType, engine);
            done = true;
        }

        @Override public void checkServerTrusted(X509Certificate[] c, String type, SSLEngine e) {
            ask("server", type, e);
        }
        @Override public void checkClientTrusted(X509Certificate[] c, String type, SSLEngine e) {
            ask("client", type, e);
        }
        @Override public void checkServerTrusted(X509Certificate[] c, String t, Socket s) {}
        @Override public void checkClientTrusted(X509Certificate[] c, String t, Socket s) {}
        @Override public void checkServerTrusted(X509Certificate[] c, String type) {}
        @Override public void checkClientTrusted(X509Certificate[] c, String type) {}
        @Override public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }

    static void handshake(String role, String host, Task task) throws Exception {
        Asker asker = new Asker(role, task);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {asker}, null);
        SSLEngine client = context.createSSLEngine(host, 443), server = context.createSSLEngine();
        client.setUseClientMode(true);
        server.setUseClientMode(false);
        server.setNeedClientAuth(role.equals("client"));
        client.setEnabledProtocols(new String[] {protocol});
        if (host != null) {
            SSLParameters parameters = client.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            client.setSSLParameters(parameters);
        }
        client.beginHandshake();
        server.beginHandshake();
        ByteBuffer up = ByteBuffer.allocate(1 << 16), down = ByteBuffer.allocate(1 << 16);
        for (int turn = 0; turn < 100 && !asker.done; turn++) {
            step(client, up, down);
            step(server, down, up);
        }
        if (!asker.done) throw new IllegalStateException("no handshake came that far");
    }

    static void step(SSLEngine engine, ByteBuffer to, ByteBuffer from) throws SSLException {
        ByteBuffer plain = ByteBuffer.allocate(1 << 16), none = ByteBuffer.allocate(0);
        for (int turn = 0; turn < 50; turn++) {
            for (Runnable task; (task = engine.getDelegatedTask()) != null; ) task.run();
            String status = engine.getHandshakeStatus().name();
            if (status.equals("NEED_WRAP")) engine.wrap(none, to);
            else if (!status.startsWith("NEED_UNWRAP")) return;
            else {
                from.flip();
                SSLEngineResult result = engine.unwrap(from, plain);
                from.compact();
                if (result.getStatus() != SSLEngineResult.Status.OK) return;
            }
        }
    }
}
