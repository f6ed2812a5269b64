import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import javax.net.ssl.*;

/** A JSSE server: protocols, suites (or default), order (true or false), client (none, want, need). */
public class JsseServer {
    public static void main(String[] args) throws Exception {
        SSLServerSocketFactory factory =
                (SSLServerSocketFactory) SSLServerSocketFactory.getDefault();
        SSLServerSocket server =
                (SSLServerSocket)
                        factory.createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        SSLParameters wanted = server.getSSLParameters();
        wanted.setProtocols(args[0].split(","));
        if (!args[1].equals("default")) wanted.setCipherSuites(args[1].split(","));
        wanted.setUseCipherSuitesOrder(Boolean.parseBoolean(args[2]));
        if (args[3].equals("want")) wanted.setWantClientAuth(true);
        if (args[3].equals("need")) wanted.setNeedClientAuth(true);
        server.setSSLParameters(wanted);
        System.out.println(server.getLocalPort());
        while (true) {
            SSLSocket made = (SSLSocket) server.accept();
            new Thread(() -> serve(made)).start();
        }
    }

    private static void serve(SSLSocket made) {
        try (made) {
            InputStream in = made.getInputStream();
            if (in.read() >= 0)
                made.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes());
        } catch (IOException error) {
            // the alert has been sent
        }
    }
}
