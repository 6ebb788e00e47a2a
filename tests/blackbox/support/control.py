"""A client of control.sock: one JSON object a line, request and reply, as docs/protocol.md says."""
import json
import socket


class ControlError(Exception):
    pass


class Control:
    def __init__(self, path, timeout=5):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rw")

    def send(self, command, **arguments):
        self.file.write(json.dumps({"command": command, **arguments}) + "\n")
        self.file.flush()

    def read(self):
        line = self.file.readline()
        if not line:
            raise ControlError("the control socket was closed without a reply")
        return json.loads(line)

    def ask(self, command, **arguments):
        """The reply, whatever `ok` says."""
        self.send(command, **arguments)
        return self.read()

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
