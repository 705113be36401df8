"""How long one verification takes openssl's GOST engine: engine.py FOLDER TIMES.

The folder holds what tests/pki/engine.rs makes: openssl.cnf, public.der, message and signature. Said is
the processor time of each of so many verifications by one prepared key, in seconds.
"""

import ctypes
import os
import pathlib
import sys
import time

FOLDER = pathlib.Path(sys.argv[1])
TIMES = int(sys.argv[2])
LOAD_CONFIG = 0x40

os.environ["OPENSSL_CONF"] = str(FOLDER / "openssl.cnf")
crypto = ctypes.CDLL("libcrypto.so.3")
for name in ("d2i_PUBKEY", "EVP_get_digestbyname", "EVP_MD_CTX_new"):
    getattr(crypto, name).restype = ctypes.c_void_p
assert crypto.OPENSSL_init_crypto(ctypes.c_uint64(LOAD_CONFIG), None) == 1

der = (FOLDER / "public.der").read_bytes()
place = ctypes.c_char_p(der)
key = ctypes.c_void_p(crypto.d2i_PUBKEY(None, ctypes.byref(place), ctypes.c_long(len(der))))
digest = ctypes.c_void_p(crypto.EVP_get_digestbyname(b"md_gost12_512"))
context = ctypes.c_void_p(crypto.EVP_MD_CTX_new())
assert key.value and digest.value and context.value, "the engine is not there"
message = (FOLDER / "message").read_bytes()
signature = (FOLDER / "signature").read_bytes()


def verify(signature):
    assert crypto.EVP_DigestVerifyInit(context, None, digest, None, key) == 1
    lengths = ctypes.c_size_t(len(signature)), ctypes.c_size_t(len(message))
    holds = crypto.EVP_DigestVerify(context, signature, lengths[0], message, lengths[1])
    crypto.EVP_MD_CTX_reset(context)
    return holds == 1


assert verify(signature) and not verify(signature[::-1]), "this measures no verification"
began = time.process_time()
for _ in range(TIMES):
    assert verify(signature)
print((time.process_time() - began) / TIMES)
