import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A resolver. As handed out it answers SERVFAIL to everything: dig shows it. */
public class Resolver {
    static final int QR = 0x8000, RD = 0x0100, OPCODE = 0x7800, SERVFAIL = 2;

    /** The addresses of the root's servers. */
    static List<String> readHints(Path path) throws IOException {
        // TODO: read the lines: see "Root hints" in the statement. What you need are the addresses of the A records.
        return List.of();
    }

    /** Finds the records that answer a question and gives the code. */
    static int resolve(List<String> roots) {
        // TODO: ask a root server. Its reply has no answer, but NS records in the authority section and addresses in the
        // additional one: ask one of those, and so on, until there is an answer: see "Iteration". That loop is the assignment.
        // TODO: each question goes out from a new DatagramSocket, with an id from SecureRandom and setSoTimeout: see
        // "Randomness". connect() leaves the checking of the address to the kernel; the rest stands in "Matching". When TC is
        // set, ask again over TCP.
        // TODO: then the cache: a map from name and type to the records and the time when they end. Keep delegations as well.
        // TODO: then aliases, servers without an address or without an answer, and a limit on everything.
        return SERVFAIL;
    }

    /** The reply to a client's message; null for silence. */
    static byte[] answer(byte[] query, List<String> roots) {
        // The header is six numbers of 16 bits; a ByteBuffer has network byte order from the start. A short is signed here:
        // & 0xffff makes the number that was meant.
        ByteBuffer in = ByteBuffer.wrap(query);
        // TODO: fewer than 12 bytes throw, and that ends the whole resolver. See "Messages that are broken".
        int id = in.getShort() & 0xffff;
        int flags = in.getShort() & 0xffff;
        // TODO: what if this is a reply and no question?

        // TODO: read the question behind the header: a name, then type and class. You need the same method for the replies of
        // servers, where names are compressed: give it the whole message and the place, and let it say where the name ends.
        int code = resolve(roots);
        ByteBuffer out = ByteBuffer.allocate(65535);
        out.putShort((short) id);
        out.putShort((short) (QR | flags & (OPCODE | RD) | code));
        // TODO: RA, 0x0080, and the question; then the records, with their counts here.
        out.putLong(0);
        return Arrays.copyOf(out.array(), out.position());
    }

    public static void main(String[] args) throws IOException {
        String host = env("HOST", "127.0.0.1");
        int port = Integer.parseInt(env("PORT", "5353"));
        List<String> roots = readHints(Path.of(env("ROOT_HINTS", "named.root")));
        try (DatagramSocket udp = new DatagramSocket(new InetSocketAddress(host, port))) {
            // TODO: TCP, at the same time and at the same port: a Thread that accepts, and one for each connection. Every
            // message has its length before it there; DataInputStream.readFully waits for all of it.
            byte[] buffer = new byte[65535];
            while (true) {
                // receive gives one whole datagram, and with it the address it came from. The packet is new each time
                // because receive writes the length of what came into it.
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                // TODO: while you wait for a server here, nobody else is served: a Thread for each question helps.
                byte[] reply = answer(Arrays.copyOf(packet.getData(), packet.getLength()), roots);
                if (reply != null) {
                    udp.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
                }
            }
        }
    }

    /** An environment variable, or fallback when it is unset or empty. */
    static String env(String name, String fallback) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? fallback : value;
    }
}
