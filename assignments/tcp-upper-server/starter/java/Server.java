import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A TCP server. As handed out it accepts every connection and closes it without a word. */
public class Server {
    /** Serves one client: reads its sentence, answers it in upper case. */
    static void serve(Socket conn) throws IOException {
        // TODO: read up to the LF from conn.getInputStream(). read(byte[]) gives what has arrived by now: it may be
        // one letter, or more than the sentence, and it is -1 at the end of the stream. Work with bytes: text
        // that is not UTF-8 does not survive a Reader.
        // TODO: send the answer with conn.getOutputStream().write(bytes).
        // TODO: before closing, read the statement's hint on unread bytes (conn.shutdownOutput()).
    }

    public static void main(String[] args) throws IOException {
        String host = env("HOST", "127.0.0.1");
        int port = Integer.parseInt(env("PORT", "1030"));
        try (ServerSocket listener = new ServerSocket()) {
            // Without this a server that is started again may wait a minute for its port.
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(host, port), 128);
            while (true) {
                // A new socket for this client; the listener stays as it is.
                try (Socket conn = listener.accept()) {
                    // TODO: this serves one client after the other. One that says nothing must not stop the
                    // next: a Thread for each client is one way.
                    // TODO: an IOException of one connection must not end the server.
                    serve(conn);
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
