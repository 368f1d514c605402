import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;

/** A DNS client. As handed out it sends a header without a question and does not wait for the reply. */
public class Client {
    static final Map<String, Integer> TYPES = Map.of("A", 1, "NS", 2, "CNAME", 5, "SOA", 6, "PTR", 12, "MX", 15,
            "TXT", 16, "AAAA", 28, "SRV", 33, "CAA", 257);

    /** The bytes of a query. */
    static byte[] packQuery(String name, String type) {
        // The header is six numbers of 16 bits. A ByteBuffer has network byte order from the start.
        ByteBuffer out = ByteBuffer.allocate(512);
        out.putShort((short) 1);
        // TODO: draw the id: SecureRandom. See "Header" in the statement, also for the bit RD, 0x0100.
        for (int v : new int[] {0, 0, 0, 0, 0}) {
            out.putShort((short) v);
        }
        // TODO: one question: the name, then the number of the type, then 1. A name is label after label, each with its
        // length before it, and a 0 at the end. The second of the numbers above counts it.
        // TODO: a type may be written TYPE65280 as well.
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Prints the records of the answer section. */
    static void printRecords(byte[] reply) {
        // TODO: read the header of 12 bytes and go past the question; then each record has a name, type, class, a TTL of 32
        // bits, a length, and that many bytes of data. See "Output". A method that reads a name at a place, and says where
        // it ends, is the heart of it: see "Names" for pointers. Bytes and shorts are signed here: & 0xff and & 0xffff make
        // the number that was meant, and Integer.toUnsignedString prints a TTL. Look before each step whether the reply has
        // that many bytes still.
    }

    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: Client NAME TYPE");
            System.exit(2);
        }
        String host = env("HOST", "127.0.0.1");
        int port = Integer.parseInt(env("PORT", "53"));
        byte[] query = packQuery(args[0], args[1]);

        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(query, query.length, new InetSocketAddress(host, port)));
            System.err.println("client: sent " + query.length + " bytes to " + host + ":" + port);

            // TODO: wait for the reply and print its records.
            // - receive waits for ever unless setSoTimeout was called. Datagrams get lost: see "Waiting".
            // - Anybody can send to this socket: see "Strangers". connect() leaves the checking of the address to the kernel.
            // - TC set, 0x0200? Ask again over TCP: see "Truncation". DataInputStream.readFully waits for all of a message.
            // - The code is in the last four bits of the second number: see "Response codes" and "Exit status".
            printRecords(new byte[0]);
        }
        System.err.println("client: no reply was waited for");
        System.exit(1);
    }

    /** An environment variable, or fallback when it is unset or empty. */
    static String env(String name, String fallback) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? fallback : value;
    }
}
