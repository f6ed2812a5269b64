import java.io.*;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.security.cert.X509Certificate;
import javax.net.ssl.*;

/**
 * Says what this Java offers as a client, and what comes of it.
 *
 * <p>The first line of output is this Java's jdk.tls.disabledAlgorithms. A line of input: host,
 * protocols, suites (with commas between, "-" for this Java's own), and a port on loopback or 0. A
 * line of output: without a port the bytes that would be sent, in hex; with one the protocol and
 * the suite of the handshake, or "failed"; or the exception where it does not begin.
 */
public class Offer {
    static SSLContext context;

    public static void main(String[] arguments) throws Exception {
        context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, null);
        BufferedReader in = new BufferedReader(
            new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println(Security.getProperty("jdk.tls.disabledAlgorithms"));
        for (String line; (line = in.readLine()) != null; )
            System.out.println(answer(line.split("\t", -1)).replace("\n", "\\n"));
    }

    static String answer(String[] asked) throws IOException {
        int port = Integer.parseInt(asked[3]);
        try {
            return port == 0 ? hello(asked) : handshake(asked, port);
        } catch (IllegalArgumentException error) {
            return error.getMessage();
        } catch (SSLException error) {
            return port == 0 ? error.getMessage() : "failed";
        } catch (SocketException error) {
            return "failed";
        }
    }

    static String[] names(String text) {
        return text.split(",", -1);
    }

    static String hello(String[] asked) throws SSLException {
        SSLEngine engine = context.createSSLEngine(asked[0], 443);
        engine.setUseClientMode(true);
        if (!asked[1].equals("-")) engine.setEnabledProtocols(names(asked[1]));
        if (!asked[2].equals("-")) engine.setEnabledCipherSuites(names(asked[2]));
        ByteBuffer sent = ByteBuffer.allocate(1 << 16);
        engine.beginHandshake();
        while (sent.position() == 0) {
            for (Runnable task; (task = engine.getDelegatedTask()) != null; ) task.run();
            engine.wrap(ByteBuffer.allocate(0), sent);
        }
        StringBuilder told = new StringBuilder();
        for (int i = 0; i < sent.position(); i++) told.append(String.format("%02x", sent.get(i)));
        return told.toString();
    }

    static String handshake(String[] asked, int port) throws IOException {
        try (Socket plain = new Socket(InetAddress.getByName("127.0.0.1"), port);
                SSLSocket socket = (SSLSocket) context.getSocketFactory()
                    .createSocket(plain, asked[0], port, true)) {
            socket.setSoTimeout(20_000);
            if (!asked[1].equals("-")) socket.setEnabledProtocols(names(asked[1]));
            if (!asked[2].equals("-")) socket.setEnabledCipherSuites(names(asked[2]));
            socket.startHandshake();
            return socket.getSession().getProtocol() + " " + socket.getSession().getCipherSuite();
        }
    }

    static class Trusting extends X509ExtendedTrustManager {
        @Override public void checkServerTrusted(X509Certificate[] c, String t, SSLEngine e) {}
        @Override public void checkClientTrusted(X509Certificate[] c, String t, SSLEngine e) {}
        @Override public void checkServerTrusted(X509Certificate[] c, String t, Socket s) {}
        @Override public void checkClientTrusted(X509Certificate[] c, String t, Socket s) {}
        @Override public void checkServerTrusted(X509Certificate[] c, String t) {}
        @Override public void checkClientTrusted(X509Certificate[] c, String t) {}
        @Override public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }
}
