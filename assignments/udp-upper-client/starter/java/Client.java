import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;

/** A UDP client. As handed out it sends its line once and does not wait for the reply. */
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
        int port = Integer.parseInt(env("PORT", "12000"));
        byte[] line = readLine();
        // TODO: the line end is not part of what is sent.

        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(line, line.length, new InetSocketAddress(host, port)));
            System.err.println("client: sent " + line.length + " bytes to " + host + ":" + port);

            // TODO: wait for the reply and print it on standard output.
            // - receive waits for ever unless setSoTimeout was called. Datagrams get lost.
            // - No reply after about a second: send again. After some tries give up: System.exit(1).
            // - Anybody can send to this socket. Compare packet.getSocketAddress(), or connect() the socket.
            // - System.out.write(bytes, 0, length) and System.out.flush() print bytes as they are.
        }
    }

    /** An environment variable, or fallback when it is unset or empty. */
    static String env(String name, String fallback) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? fallback : value;
    }
}
