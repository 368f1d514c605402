import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.Arrays;

/** A UDP server. As handed out it sends every datagram back unchanged. */
public class Server {
    /** The bytes to send back for the bytes received. */
    static byte[] answer(byte[] data) {
        // TODO: raise the ASCII letters. A byte is signed here, and the data need not be UTF-8:
        // new String(data) loses bytes. See the statement.
        return data;
    }

    public static void main(String[] args) throws IOException {
        String host = env("HOST", "127.0.0.1");
        int port = Integer.parseInt(env("PORT", "12000"));
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(host, port))) {
            // What does not fit into the buffer is lost.
            byte[] buffer = new byte[2048];
            while (true) {
                // receive gives one whole datagram, and with it the address it came from. The packet is new each
                // time because receive writes the length of what came into it.
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                byte[] reply = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
                // TODO: what if this throws for one sender? The others must still be served.
                socket.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
            }
        }
    }

    /** An environment variable, or fallback when it is unset or empty. */
    static String env(String name, String fallback) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? fallback : value;
    }
}
