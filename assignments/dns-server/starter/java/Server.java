import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/** A name server. As handed out it answers NOTIMP to everything: dig shows it. */
public class Server {
    static final int QR = 0x8000, RD = 0x0100, OPCODE = 0x7800, NOTIMP = 4;

    /** Reads the zone file. */
    static void readZone(Path path) throws IOException {
        // TODO: read the lines: see "Zone file" in the statement. A good form for what comes out is a map from name to type
        // to the records of that set; a name is best kept as a List<String> of its labels in small letters, for a dot may
        // stand within a label. Read and write them as ISO_8859_1: then a char is a byte.
    }

    /** The reply to a message; null for silence. */
    static byte[] answer(byte[] query) {
        // The header is six numbers of 16 bits; a ByteBuffer has network byte order from the start. A short is signed here:
        // & 0xffff makes the number that was meant.
        ByteBuffer in = ByteBuffer.wrap(query);
        // TODO: fewer than 12 bytes throw, and that ends the whole server. See "Malformed messages".
        int id = in.getShort() & 0xffff;
        int flags = in.getShort() & 0xffff;
        // TODO: what if this is a reply and no question? See "Responses".

        // TODO: read the question behind the header: a name, then type and class. A name is label after label, each with
        // its length before it, up to a length of 0. A byte is signed too: & 0xff.
        // TODO: find the records: a name that is there with that type, a name without that type, and no such name are three
        // different answers. Then aliases, wildcards and delegations.
        ByteBuffer out = ByteBuffer.allocate(65535);
        out.putShort((short) id);
        out.putShort((short) (QR | flags & (OPCODE | RD) | NOTIMP));
        out.putLong(0); // how many entries the four sections have
        // TODO: repeat the question, set AA (0x0400), and add the sections.
        // TODO: more than 512 bytes do not go over UDP: see "UDP" and "Sizes".
        return Arrays.copyOf(out.array(), out.position());
    }

    public static void main(String[] args) throws IOException {
        String host = env("HOST", "127.0.0.1");
        int port = Integer.parseInt(env("PORT", "5300"));
        readZone(Path.of(env("ZONE", "utopia.zone")));
        try (DatagramSocket udp = new DatagramSocket(new InetSocketAddress(host, port))) {
            // TODO: TCP, at the same time and at the same port: a Thread that accepts, and one for each connection. Every
            // message has its length before it there; DataInputStream.readFully waits for all of it, and setReuseAddress
            // lets a server that is started again have its port at once.
            byte[] buffer = new byte[65535];
            while (true) {
                // receive gives one whole datagram, and with it the address it came from. The packet is new each time
                // because receive writes the length of what came into it.
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                byte[] reply = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
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
