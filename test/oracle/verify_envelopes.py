"""Checks DSSE envelopes with Debian's securesystemslib, which shares no code with this project. Test-only.

    verify_envelopes.py <envelopes.intoto.jsonl> <vkey of a record key> [<vkey> ...]

Every line must be an envelope with a signature by one of the keys. Version 0.26 knows keys and signatures, but no
envelopes: the pre-authentication encoding is written down here from the DSSE specification.
"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives import serialization
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Signature, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def read_key(vkey):
    """A C2SP verifier key: name, id, and base64 of a type byte with the public key."""
    name, key_id, encoded = vkey.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    kind, public = key[0], key[1:]
    named = name.encode() + b"\n" + key if kind == 1 else public
    if hashlib.sha256(named).hexdigest()[:8] != key_id:
        raise ValueError("the id does not belong to the key")
    if kind == 1:
        return SSlibKey(key_id, "ed25519", "ed25519", {"public": public.hex()})
    if kind != 2:
        raise ValueError("neither an Ed25519 nor an ECDSA key")
    pem = serialization.load_der_public_key(public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SSlibKey(key_id, "ecdsa", "ecdsa-sha2-nistp256", {"public": pem.decode()})


def pre_auth_encoding(payload_type, payload):
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type, len(payload), payload)


def is_signed(key, message, signature):
    try:
        key.verify_signature(Signature(key.keyid, signature.hex()), message)
    except UnverifiedSignatureError:
        return False
    return True


def check(line, keys):
    """The statement of one envelope."""
    envelope = json.loads(line)
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise ValueError("another payload type")
    payload = base64.b64decode(envelope["payload"], validate=True)
    message = pre_auth_encoding(PAYLOAD_TYPE.encode(), payload)
    signatures = [base64.b64decode(each["sig"], validate=True) for each in envelope["signatures"]]
    if not any(is_signed(key, message, signature) for key in keys for signature in signatures):
        raise ValueError("no signature by the key")
    statement = json.loads(payload)
    if statement["_type"] != "https://in-toto.io/Statement/v1" or not statement["subject"]:
        raise ValueError("no in-toto statement")
    return statement


def main(path, vkeys):
    keys = [read_key(vkey) for vkey in vkeys]
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    if not keys or lines.pop() != b"" or not lines:
        raise ValueError("no keys, no envelopes, or a last line that does not end")
    for number, line in enumerate(lines):
        try:
            check(line, keys)
        except Exception as error:
            raise ValueError("envelope %d: %s" % (number, error)) from error
    print("ok: %d envelopes" % len(lines))


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:])
    except Exception as error:  # whatever is wrong, the file is refused
        sys.exit("refused: %s" % error)
