import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.crypto.spec.SecretKeySpec;

/** Writes a store of each type into the folder that is named, and tells what it reads there. */
class Stores {
    static final char[] PASSWORD = "changeit".toCharArray();

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Certificate leaf = certificate(folder, "leaf"), issuing = certificate(folder, "issuing");
        Certificate root = certificate(folder, "root"), other = certificate(folder, "other");
        byte[] encoded = Files.readAllBytes(folder.resolve("key"));
        Key key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        String[] files = {"JKS", "JCEKS", "PKCS12", "PKCS12 legacy", "PKCS12 open"};
        for (String file : files) {
            String type = file.split(" ")[0];
            if (file.endsWith("legacy")) System.setProperty("keystore.pkcs12.legacy", "");
            if (file.endsWith("open")) {
                System.clearProperty("keystore.pkcs12.legacy");
                System.setProperty("keystore.pkcs12.certProtectionAlgorithm", "NONE");
                System.setProperty("keystore.pkcs12.macAlgorithm", "NONE");
            }
            KeyStore store = KeyStore.getInstance(type);
            store.load(null, PASSWORD);
            store.setKeyEntry("Server", key, PASSWORD, new Certificate[] {leaf, issuing, root});
            store.setKeyEntry("short", key, PASSWORD, new Certificate[] {leaf});
            store.setCertificateEntry("bücher \ud83d\udd11", root);
            store.setCertificateEntry("other", other);
            if (!type.equals("JKS"))
                for (String name : new String[] {"AES", "DESede"}) {
                    Key secret = new SecretKeySpec(new byte[24], name);
                    store.setKeyEntry(name, secret, PASSWORD, null);
                }
            try (OutputStream stream = Files.newOutputStream(folder.resolve(file))) {
                store.store(stream, PASSWORD);
            }
            store = KeyStore.getInstance(type);
            store.load(Files.newInputStream(folder.resolve(file)), PASSWORD);
            for (String alias : Collections.list(store.aliases())) tell(out, file, store, alias);
        }
    }

    static Certificate certificate(Path folder, String name) throws Exception {
        InputStream stream = Files.newInputStream(folder.resolve(name));
        return CertificateFactory.getInstance("X.509").generateCertificate(stream);
    }

    static void tell(PrintStream out, String file, KeyStore store, String alias) throws Exception {
        Certificate[] chain = store.getCertificateChain(alias);
        if (chain == null && store.getCertificate(alias) == null) return;
        if (chain == null) chain = new Certificate[] {store.getCertificate(alias)};
        out.print(file + "\t" + alias + "\t" + store.isKeyEntry(alias));
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (Certificate each : chain)
            out.printf("\t%064x", new java.math.BigInteger(1, digest.digest(each.getEncoded())));
        out.println();
    }
}
