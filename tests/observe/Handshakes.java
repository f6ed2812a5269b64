import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** client PORT TRUST HOST PROTOCOL [KEY] | server PORT KEY PROTOCOL | mutual PORT KEY PROTOCOL. */
class Handshakes {
    public static void main(String[] a) throws Exception {
        int port = Integer.parseInt(a[1]);
        if (a[0].equals("client")) {
            SSLContext context = SSLContext.getInstance("TLS");
            javax.net.ssl.KeyManager[] own = a.length > 5 ? keys(a[5] + ".pem", a[5]) : null;
            context.init(own, trust(a[2] + ".pem").getTrustManagers(), null);
            java.net.Socket plain = new java.net.Socket("127.0.0.1", port);
            SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, a[3], port, true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setProtocols(new String[] {a[4]});
            socket.setSSLParameters(parameters);
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
            socket.getInputStream().readAllBytes();
            socket.close();
            return;
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys("full.pem", a[2]), trust("root.pem").getTrustManagers(), null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
                .createServerSocket(port);
        server.setNeedClientAuth(a[0].equals("mutual"));
        server.setEnabledProtocols(new String[] {a[3]});
        while (true) {
            try (SSLSocket socket = (SSLSocket) server.accept()) {
                socket.getInputStream().read();
                socket.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\nfine".getBytes());
            } catch (java.io.IOException error) {
                error.printStackTrace();
            }
        }
    }

    private static javax.net.ssl.KeyManager[] keys(String file, String name) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        Certificate[] chain;
        try (InputStream in = new FileInputStream(file)) {
            chain = CertificateFactory.getInstance("X.509").generateCertificates(in)
                    .toArray(new Certificate[0]);
        }
        String pem = Files.readString(Path.of(name + ".key")).replaceAll("-----.*-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        store.setKeyEntry("key", key, new char[0], chain);
        keys.init(store, new char[0]);
        return keys.getKeyManagers();
    }

    private static TrustManagerFactory trust(String file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = new FileInputStream(file)) {
            store.setCertificateEntry("ca",
                    CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        return trust;
    }
}
