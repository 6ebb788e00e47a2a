"""Clusters beyond the plain one: TLS on loopback with a certificate, and a standby that follows another cluster."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from pg_cluster import PgCluster

PASSWORD = "let-me-in"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A certificate authority in `folder`, and the server certificates that it signs."""

    def __init__(self, folder, name):
        self.folder, self.key, self.certificate = folder, folder / f"{name}.key", folder / f"{name}.crt"
        openssl("req", "-new", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2,
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate)

    def sign(self, name, subject):
        """Key and certificate of a server; `subject` as in subjectAltName."""
        key, request, certificate, extensions = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "crt", "ext"))
        extensions.write_text(f"subjectAltName = {subject}\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", 2,
                "-extfile", extensions, "-out", certificate)
        return key, certificate


class TlsCluster(PgCluster):
    """Takes TCP on loopback, from the role with its password and through TLS only."""

    HBA = ("local all postgres trust\nhostssl all code_analysis 127.0.0.1/32 scram-sha-256\n"
           "hostnossl all all 127.0.0.1/32 reject\n")

    @classmethod
    def on_a_free_port(cls, key, certificate):
        """PostgreSQL cannot be asked to choose a port: one that is free is tried, and another where it was taken since."""
        for attempt in range(5):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            try:
                return cls(port, key, certificate)
            except RuntimeError as error:
                if "could not bind" not in str(error) and attempt == 4:
                    raise
        raise AssertionError("no free port")

    def __init__(self, port, key, certificate):
        self.port = port
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="ca-tls-"))
        try:
            for source in (key, certificate):
                shutil.copy(source, self.files)
            super().__init__(settings=(f"port = {port}", "listen_addresses = '127.0.0.1'", "ssl = on",
                                       f"ssl_key_file = '{self.files / key.name}'",
                                       f"ssl_cert_file = '{self.files / certificate.name}'"), hba=self.HBA)
        except RuntimeError:
            self.close()
            raise
        self.sql(f"alter role {self.role} password '{PASSWORD}'", database="postgres")

    def start(self):
        """Where the harness is root the key must belong to the account that PostgreSQL runs as."""
        if os.geteuid() == 0:
            for path in (self.files, *self.files.iterdir()):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        for path in self.files.iterdir():
            path.chmod(0o600)
        super().start()

    def sql(self, text, database="code_analysis"):
        os.environ["PGPORT"] = str(self.port)
        try:
            return super().sql(text, database)
        finally:
            del os.environ["PGPORT"]

    def close(self):
        super().close()
        shutil.rmtree(self.files, ignore_errors=True)


class Standby(PgCluster):
    """A streaming copy of `primary`, read-only until promote()."""

    def __init__(self, primary):
        self.role, self.account = primary.role, primary.account
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ca-pg-"))
        if os.geteuid() == 0:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        os.chmod(self.folder, 0o755)
        self.socket_dir, self.data = self.folder, self.folder / "data"
        self._run("pg_basebackup", "-h", primary.socket_dir, "-U", "postgres", "-D", self.data, "-R", "-X", "stream",
                  "--checkpoint=fast", "--no-sync")
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"unix_socket_directories = '{self.socket_dir}'\n")
        self.start()

    def promote(self):
        self._run("pg_ctl", "-D", self.data, "-w", "promote")
