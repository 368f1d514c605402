import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A TCP client. As handed out it connects, says so, and leaves without a word to the server. */
public class Client {
    /** One line of standard input as bytes; it ends in '\n' unless the input stops before. */
    static byte[] readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int b;
        while ((b = System.in.read()) != -1) {
            line.write(b);
            if (b == '\n') {
                break;
            }
        }
        return line.toByteArray();
    }

    public static void main(String[] args) throws IOException {
        String host = env("HOST", "127.0.0.1");
        int port = Integer.parseInt(env("PORT", "1030"));
        byte[] line = readLine();

        try (Socket conn = new Socket()) {
            // This throws when it is refused, and Java then exits with 1.
            conn.connect(new InetSocketAddress(host, port), 8000);
            System.err.println("client: connected, with a line of " + line.length + " bytes");

            // TODO: send the line, ended by LF, with conn.getOutputStream().write(bytes).
            // TODO: read the reply up to its LF or to the end of the stream from conn.getInputStream().
            // read(byte[]) gives what has arrived by now: it may be a piece of the reply, and it is -1 at the end.
            // TODO: print the reply: System.out.write(bytes, 0, length) and System.out.flush().
            // TODO: no reply within 10 seconds in all (setSoTimeout, for each read), or none before the end:
            // a message on System.err and System.exit(1).
        }
    }

    /** An environment variable, or fallback when it is unset or empty. */
    static String env(String name, String fallback) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? fallback : value;
    }
}
