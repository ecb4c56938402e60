"""A web server with one file, for imports by web-download."""
import http.server
import threading
import time


class WebServer:
    """Each download takes a second, so that something can break in its middle."""

    def __init__(self, address, data):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[:len(data) // 2])
                time.sleep(1)
                self.wfile.write(data[len(data) // 2:])

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.server.handle_error = lambda *_: None  # who asked may have died
        self.port = self.server.server_address[1]
        self.url = f"http://{address}:{self.port}/image"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
