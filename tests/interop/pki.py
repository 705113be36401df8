"""An authority and certificates for tests that speak TLS, made by openssl."""

import subprocess

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
DAYS = ("-days", "2")


class Pki:
    """One authority, and what it certified, in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = folder / "authority.pem"
        self.openssl("req", "-x509", *KEY, *DAYS, "-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=authority")

    def certificate(self, file, *names):
        """FILE.pem and FILE.key, for names such as "DNS:iinspect" and "IP:127.0.0.1"."""
        self.openssl("req", *KEY, "-keyout", f"{file}.key", "-out", f"{file}.csr", "-subj", f"/CN={file}")
        extension = self.folder / f"{file}.ext"
        extension.write_text(f"subjectAltName = {','.join(names)}\n" if names else "basicConstraints = CA:FALSE\n")
        by = ("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial")
        self.openssl("x509", "-req", "-in", f"{file}.csr", "-out", f"{file}.pem", *DAYS, *by, "-extfile", extension.name)
        return self.folder / f"{file}.pem", self.folder / f"{file}.key"

    def openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True, timeout=30)
