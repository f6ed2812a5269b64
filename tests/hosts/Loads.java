import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.Base64;
import java.util.Map;
import java.util.Properties;
import java.util.Scanner;
import java.util.TreeMap;

/** What Properties.load makes of each line in base64; with arguments, what Security has for them. */
class Loads {
    public static void main(String[] names) {
        for (String name : names) {
            System.out.println(Security.getProperty(name));
        }
        Scanner lines = new Scanner(System.in);
        while (names.length == 0 && lines.hasNextLine()) {
            System.out.println(loaded(Base64.getDecoder().decode(lines.nextLine())));
        }
    }

    private static String loaded(byte[] text) {
        Properties read = new Properties();
        try {
            read.load(new ByteArrayInputStream(text));
        } catch (Exception refused) {
            return "refused";
        }
        StringBuilder told = new StringBuilder("read");
        for (Map.Entry<Object, Object> each : new TreeMap<>(read).entrySet()) {
            told.append(' ').append(hex(each.getKey())).append('=').append(hex(each.getValue()));
        }
        return told.toString();
    }

    private static String hex(Object text) {
        StringBuilder told = new StringBuilder();
        for (byte each : ((String) text).getBytes(StandardCharsets.UTF_16BE)) {
            told.append(String.format("%02x", each));
        }
        return told.toString();
    }
}
