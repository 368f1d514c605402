import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** An HTTP server. As handed out it answers 501 Not Implemented to everything. */
public class Server {
    /** The folder whose files are served. */
    static final Path ROOT = Path.of(env("ROOT", "."));

    /** Serves one connection. */
    static void serve(Socket conn) throws IOException {
        // TODO: read a request: its first line, its fields up to the empty line, then its body, whose length the
        // fields tell. read gives what has arrived by now: a piece of a line, or several requests at once. Keep what
        // is left over: it is the start of the next request. Read bytes, not chars: a Reader reads too far.
        if (conn.getInputStream().read(new byte[65536]) < 0) {
            return;
        }

        // TODO: answer it: see "Methods" in the statement. Serve the files below ROOT and nothing else.
        byte[] body = "Not Implemented\n".getBytes(StandardCharsets.US_ASCII);
        String head = "HTTP/1.1 501 Not Implemented\r\n"
                + "Content-Type: text/plain\r\n"
                + "Content-Length: " + body.length + "\r\n" // counted in bytes
                + "Connection: close\r\n"
                + "\r\n";
        // TODO: Date is missing. TODO: the answer to HEAD has no body.
        conn.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        conn.getOutputStream().write(body);
        // TODO: HTTP/1.1 keeps the connection for the next request.
    }

    public static void main(String[] args) throws IOException {
        String host = env("HOST", "127.0.0.1");
        int port = Integer.parseInt(env("PORT", "8080"));
        try (ServerSocket listener = new ServerSocket()) {
            // Without this a server that is started again may wait a minute for its port.
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(host, port), 128);
            while (true) {
                // TODO: one connection after the other is too little: a client that says nothing stops the next. A
                // Thread for each connection is one way.
                try (Socket conn = listener.accept()) {
                    serve(conn);
                } catch (IOException e) {
                    System.err.println("server: " + e); // this client is gone; the others are not
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
