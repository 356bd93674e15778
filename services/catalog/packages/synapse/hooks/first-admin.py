"""Registers the first administrator through Synapse's shared-secret API. Harmless twice: an account that exists stays.

Nothing secret is printed: not the input, not what Synapse answers besides its error code.
"""

import hashlib
import hmac
import json
import sys
import urllib.error
import urllib.request


def call(url, body=None):
    request = urllib.request.Request(url, method="GET" if body is None else "POST")
    data = None if body is None else json.dumps(body).encode()
    request.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, data=data, timeout=20) as answer:
        return json.load(answer)


def main(path):
    with open(path, encoding="utf-8") as file:
        given = json.load(file)
    url = "http://127.0.0.1:%d/_synapse/admin/v1/register" % given["ports"]["web"]
    user = given["account"]["user"]
    password = given["secrets"]["first-admin-password"]
    nonce = call(url)["nonce"]
    proof = hmac.new(given["secrets"]["registration-key"].encode(), digestmod=hashlib.sha1)
    proof.update(b"\x00".join([nonce.encode(), user.encode(), password.encode(), b"admin"]))
    body = {"nonce": nonce, "username": user, "password": password, "admin": True, "mac": proof.hexdigest()}
    # No session for an account that nobody uses yet.
    body["inhibit_login"] = True
    try:
        call(url, body)
    except urllib.error.HTTPError as error:
        code = json.load(error).get("errcode", "unknown")
        if code != "M_USER_IN_USE":
            sys.exit("Synapse refused the first administrator (%d %s): see its log" % (error.code, code))
        print("the first administrator's account exists")
        return
    print("made the first administrator's account")


main(sys.argv[1])
