"""Other programs' pages of metrics, good and bad ones."""

import contextlib
import http.server
import threading


class PageServer:
    """`pages`: path → bytes, or a function of the request handler that answers. May be changed while it runs; other paths are 404."""

    def __init__(self, pages):
        self.pages = pages
        self.stopping = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with contextlib.suppress(OSError):
                    page = server.pages.get(self.path)
                    if callable(page):
                        page(self)
                    else:
                        answer(self, page or b"", status=200 if page else 404)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that breaks off a connection is nothing to report."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self):
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answer(handler, body, status=200, kind="text/plain", length=None, **headers):
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body) if length is None else length), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def without_end(handler, piece, pause_s, stopping):
    """`piece`, again and again, until the client goes."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    while not stopping.wait(pause_s):
        handler.wfile.write(piece)
        handler.wfile.flush()
