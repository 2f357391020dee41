"""Writes the vectors of acs3/ with the signing code of the official SDK for Python.

  acs3.py SDKS OUT      SDKS holds alibabacloud-tea-openapi; a test compares OUT with what is committed

Of each case: the request, and what the SDK makes of it step by step. Its canonical request is taken from where it
hashes it.
"""

import json
import os
import sys

KEY = ("LTAI5tEXAMPLEKEY00000001", "EXAMPLEsecretEXAMPLEsecret0001")
SESSION = ("STS.NTEXAMPLEKEY0000002", "EXAMPLEstsSecretEXAMPLE0002")
HOST = "resourcemanager.aliyuncs.com"


NONCE = "0123456789abcdef0123456789abcdef"


def headers(
    action="GetRole", version="2020-03-31", host=HOST, date="2026-01-02T03:04:05Z", nonce=NONCE, **more
):
    found = {
        "host": host,
        "x-acs-action": action,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    found.update({name.replace("_", "-"): value for name, value in more.items()})
    return list(found.items())


def token(text):
    return dict(x_acs_accesskey_id=SESSION[0], x_acs_security_token=text)


FORM = "application/x-www-form-urlencoded"
POLICY = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:*","Resource":"*"}]} +~/中文'

# Name: key, method, query, headers, body.
CASES = {
    "plain": (
        KEY, "POST", {"ServiceName": "antiransomware.mssp.aliyuncs.com"}, headers("CreateServiceLinkedRole"), ""
    ),
    "security-token": (
        SESSION,
        "POST",
        {
            "DeletionTaskId": "task/acs-service-role/esa.mssp.aliyuncs.com/AliyunServiceRoleForESAMssp/"
            "64c4f9cc-fac2-4692-ae1b-804ae4b90001"
        },
        [
            ("accept", "application/json"),
            *headers(
                "GetServiceLinkedRoleDeletionStatus",
                date="2026-01-02T03:04:06Z",
                nonce="fedcba9876543210fedcba9876543210",
            ),
            ("user-agent", "mss-provider/0.1"),
            *((name.replace("_", "-"), text) for name, text in token("CAISEXAMPLE+token/with=specials&0002==").items()),
            ("x-acs-credentials-provider", "static_sts"),
        ],
        "",
    ),
    "escaping": (
        KEY,
        "POST",
        {
            "RoleArn": "acs:ram::1234567890123456:role/Deploy.Role",
            "RoleSessionName": "terraform@ci-1_2",
            "DurationSeconds": "900",
            "ExternalId": "",
            "Policy": POLICY,
        },
        headers(
            "AssumeRole",
            "2015-04-01",
            "sts.cn-hangzhou.aliyuncs.com",
            "2026-01-02T03:04:07Z",
            "00112233445566778899aabbccddeeff",
        ),
        "",
    ),
    "query-none": (KEY, "POST", {}, headers("GetCallerIdentity", "2015-04-01", "sts.aliyuncs.com"), ""),
    "query-empty-value": (KEY, "POST", {"Marker": ""}, headers(), ""),
    "query-only-empty-values": (KEY, "POST", {"B": "", "A": "", "C": ""}, headers(), ""),
    "query-space": (KEY, "POST", {"Q": " a  b "}, headers(), ""),
    "query-plus": (KEY, "POST", {"Q": "1+1=2"}, headers(), ""),
    "query-tilde": (KEY, "POST", {"Q": "~/~user"}, headers(), ""),
    "query-star": (KEY, "POST", {"Q": "ram:*"}, headers(), ""),
    "query-unreserved": (KEY, "POST", {"Q": "AZaz09-_.~"}, headers(), ""),
    "query-reserved": (KEY, "POST", {"Q": "!#$&'()*+,/:;=?@[]%\"<>\\^`{|}"}, headers(), ""),
    "query-already-encoded": (KEY, "POST", {"Q": "%20%2F%zz"}, headers(), ""),
    "query-line-break": (KEY, "POST", {"Q": "a\nb\r\n\t"}, headers(), ""),
    "query-unicode": (KEY, "POST", {"Q": "中文 é € \U0001f600 e\u0301"}, headers(), ""),
    "query-upper-before-lower": (KEY, "POST", {"a": "1", "B": "2", "A": "3", "b": "4"}, headers(), ""),
    "query-digits-before-letters": (KEY, "POST", {"Tag.2.Key": "b", "Tag.10.Key": "c", "Tag.1.Key": "a"}, headers(), ""),
    "query-prefixes": (KEY, "POST", {"PageSize": "2", "Page": "1", "PageNumber": "3"}, headers(), ""),
    "query-in-get": (KEY, "GET", {"RoleName": "AliyunServiceRoleForMssp", "Language": "en"}, headers(), ""),
    "header-trimmed": (KEY, "POST", {}, headers(x_acs_extra="  inner  space  "), ""),
    "header-empty": (KEY, "POST", {}, headers(x_acs_extra=""), ""),
    "header-port": (KEY, "POST", {}, headers(host="127.0.0.1:8080"), ""),
    "header-repeated": (KEY, "POST", {}, [*headers(), ("x-acs-extra", "b"), ("X-Acs-Extra", " a ")], ""),
    "header-unordered": (KEY, "POST", {}, list(reversed(headers(accept="application/json"))), ""),
    "header-upper-case": (KEY, "POST", {}, [*headers(), ("X-ACS-Extra", "Value")], ""),
    "form-body": (
        KEY, "POST", {}, headers("AssumeRole", content_type=FORM), "RoleArn=acs%3Aram%3A%3A1%3Arole%2Fx&Policy=%7B%7D"
    ),
    "form-body-and-query": (KEY, "POST", {"Format": "JSON"}, headers(content_type=FORM), "a=1&b=%E4%B8%AD"),
    "body-unicode": (KEY, "POST", {}, headers(content_type="application/json"), '{"名":"中文"}'),
    "token-long": (SESSION, "POST", {"RoleName": "r"}, headers(**token("CAIS" + "A/+b=" * 400 + "==")), ""),
    "token-specials": (SESSION, "POST", {}, headers(**token("+/=&?%20~*")), ""),
    "secret-unicode": ((KEY[0], "sécret 中"), "POST", {}, headers(), ""),
}


def main(sdks, out):
    sys.path.insert(0, sdks)
    from alibabacloud_tea_openapi.utils import Utils
    from darabonba.request import DaraRequest

    hashed = []
    hash_of_sdk = Utils.hash

    def recording(raw, algorithm):
        hashed.append(raw.decode("utf-8"))
        return hash_of_sdk(raw, algorithm)

    Utils.hash = staticmethod(recording)
    for name, ((key, secret), method, query, fields, body) in CASES.items():
        payload = Utils.hex_encode(hash_of_sdk(body.encode("utf-8"), "ACS3-HMAC-SHA256"))
        fields = [*fields, ("x-acs-content-sha256", payload)]
        request = DaraRequest()
        request.method, request.pathname, request.query = method, "/", query
        # A mapping whose items may repeat a name in another case.
        request.headers = dict(fields)
        authorization = Utils.get_authorization(request, "ACS3-HMAC-SHA256", payload, key, secret)
        canonical = hashed.pop()
        to_sign = "ACS3-HMAC-SHA256\n" + Utils.hex_encode(hash_of_sdk(canonical.encode("utf-8"), "ACS3-HMAC-SHA256"))
        case = {
            "access_key_id": key,
            "access_key_secret": secret,
            "method": method,
            "query": list(query.items()),
            "headers": fields,
            "body": body,
        }
        folder = os.path.join(out, name)
        os.makedirs(folder, exist_ok=True)
        for file, text in {
            "request.json": json.dumps(case, indent=2, ensure_ascii=False),
            "canonical": canonical,
            "string-to-sign": to_sign,
            "signature": authorization.rsplit("Signature=", 1)[1],
            "authorization": authorization,
        }.items():
            with open(os.path.join(folder, file), "w", encoding="utf-8", newline="") as written:
                written.write(text + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
