"""Clients that connect to a listening socket of the tree without a pause, and note every refusal."""
import socket
import threading
import time


class Callers:
    """Connects every few milliseconds to `path` until stop(); keeps no connection."""

    def __init__(self, path, every_s=0.003):
        self.path, self.every_s = str(path), every_s
        self.connected, self.refused = 0, []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._end.is_set():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(1)
                try:
                    client.connect(self.path)
                    self.connected += 1
                except OSError as error:
                    self.refused.append(repr(error))
            time.sleep(self.every_s)

    def stop(self):
        self._end.set()
        self._thread.join()


def ask_once(path, timeout=5):
    """One connection; what the server on the other side says until it closes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        client.connect(str(path))
        return client.makefile("rb").read()
