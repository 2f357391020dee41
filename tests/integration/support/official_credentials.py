"""The official credential libraries over scenarios, and the cloud that they reach in a network of their own.

  official_credentials.py scenarios                 prints the scenarios, one JSON line each
  official_credentials.py serve CERTIFICATE KEY HOSTS
                                                    plays every host; in namespaces of its own (unshare -n -m)
  official_credentials.py run SDKS CA               runs the library for Python

`serve` and `run` answer each line of standard input with a line. A scenario is an environment and a home folder; the
text {home} stands for that folder.
"""

import fcntl
import http.server
import json
import logging
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

FAR = "2099-01-01T00:00:00Z"
FAR_SECONDS = 4070908800
ROLE = "acs:ram::1234567890123456:role/"
PROVIDER = "acs:ram::1234567890123456:oidc-provider/ci"
CONFIG = ".aliyun/config.json"
INI = ".alibabacloud/credentials.ini"
INI_OF_GO = ".alibabacloud/credentials"
SECRET = "hush-secret-of-a-scenario"
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "env", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}
OIDC = {
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "{home}/token",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER,
    "ALIBABA_CLOUD_ROLE_ARN": ROLE + "rrsa",
}
EMPTY = {
    "ALIBABA_CLOUD_" + name: ""
    for name in (
        "ACCESS_KEY_ID ACCESS_KEY_SECRET SECURITY_TOKEN PROFILE CONFIG_FILE CREDENTIALS_FILE CREDENTIALS_URI ROLE_ARN "
        "ROLE_SESSION_NAME OIDC_PROVIDER_ARN OIDC_TOKEN_FILE ECS_METADATA ECS_METADATA_DISABLED IMDSV1_DISABLED "
        "CLI_PROFILE_DISABLED STS_REGION STS_ENDPOINT VPC_ENDPOINT_ENABLED DISABLE_EXTERNAL_PROCESS"
    ).split()
}
TOKEN = {"token": "eyJhbGciOiJub25lIn0.e30."}
URI = {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:8080/credentials"}


def config(*profiles, current=None, **more):
    return json.dumps({"current": current or profiles[0].get("name"), "profiles": list(profiles), **more})


def profile(mode, name="p", **keys):
    return {"name": name, "mode": mode, **keys}


def key(name="p", key="cli", **more):
    return {**profile("AK", name, access_key_id=key, access_key_secret="s"), **more}


def role(name="p", **more):
    keys = {"access_key_id": "cli", "access_key_secret": "s", "ram_role_arn": ROLE + "deploy", "ram_session_name": "t"}
    return profile("RamRoleArn", name, **{**keys, **more})


def chain(name, source, role):
    return profile(
        "ChainableRamRoleArn", name, source_profile=source, ram_role_arn=ROLE + role, ram_session_name="t"
    )


def identity(**more):
    keys = {"oidc_provider_arn": PROVIDER, "oidc_token_file": "{home}/token", "ram_role_arn": ROLE + "deploy"}
    return profile("OIDC", **{**keys, **more})


def oauth(**more):
    keys = {"oauth_site_type": "CN", "oauth_refresh_token": "r", "oauth_access_token": "a"}
    return profile("OAuth", **{**keys, "oauth_access_token_expire": FAR_SECONDS, **more})


def sso(**more):
    keys = {
        "cloud_sso_sign_in_url": "https://signin.aliyuncs.com/start/login",
        "cloud_sso_account_id": "1",
        "cloud_sso_access_config": "ac",
        "access_token": "t",
    }
    return profile("CloudSSO", **{**keys, "cloud_sso_access_token_expire": FAR_SECONDS, **more})


def external(printed, **more):
    return profile("External", process_command="echo '" + json.dumps(printed) + "'", **more)


def ini(*lines, section="default"):
    return "\n".join([f"[{section}]", *lines, ""])


INI_KEY = ini("type = access_key", "access_key_id = ini", "access_key_secret = s")
# The libraries differ in the name of the file.
BOTH = {INI: INI_KEY, INI_OF_GO: INI_KEY}
PRINTED = {"access_key_id": "printed", "access_key_secret": "s"}
PRINTED_SESSION = {**PRINTED, "mode": "StsToken", "sts_token": "t", "expiration": FAR}


def scenarios():
    def case(name, env={}, files={}, metadata="none"):
        found.append({"name": name, "env": env, "files": files, "metadata": metadata})

    def cli(name, *profiles, env={}, metadata="none", files={}, **more):
        case(name, env, {CONFIG: config(*profiles, **more), **files}, metadata)

    def of_ini(name, text, env={}, paths=(INI, INI_OF_GO), metadata="none", **files):
        case(name, env, {**{path: text for path in paths}, **files}, metadata)

    found = []
    # Keys.
    case("keys", KEYS)
    case("keys with a token", {**KEYS, "ALIBABA_CLOUD_SECURITY_TOKEN": SECRET})
    case("keys with an empty token", {**KEYS, "ALIBABA_CLOUD_SECURITY_TOKEN": ""})
    case("keys before every file", KEYS, {CONFIG: config(key()), **BOTH})
    case("keys before a token of an identity provider", {**KEYS, **OIDC}, TOKEN)
    case("keys before the metadata service", KEYS, {}, "v2")
    case("keys before a credentials URI", {**KEYS, **URI})
    case("half a key: ID", {"ALIBABA_CLOUD_ACCESS_KEY_ID": "env"}, {CONFIG: config(key())})
    case("half a key: secret", {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}, {CONFIG: config(key())})
    case("an empty key", {**KEYS, "ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}, {CONFIG: config(key())})
    case("keys of the alicloud provider", {"ALICLOUD_ACCESS_KEY": "ali", "ALICLOUD_SECRET_KEY": SECRET}, {CONFIG: config(key())})
    case("keys of older tools", {"ALIBABACLOUD_ACCESS_KEY_ID": "old", "ALIBABACLOUD_ACCESS_KEY_SECRET": SECRET}, {CONFIG: config(key())})
    case("a token alone", {"ALIBABA_CLOUD_SECURITY_TOKEN": SECRET}, {CONFIG: config(key())})
    case("every variable is empty", EMPTY, {CONFIG: config(key())})
    case("every variable is empty, and there is no file", EMPTY, {}, "v2")
    case("nothing")
    # A token of an identity provider.
    case("oidc", OIDC, TOKEN)
    case("oidc with a session name", {**OIDC, "ALIBABA_CLOUD_ROLE_SESSION_NAME": "deploy"}, TOKEN)
    case("oidc before every file", OIDC, {**TOKEN, CONFIG: config(key()), **BOTH})
    case("oidc incomplete", {k: v for k, v in OIDC.items() if "ARN" not in k}, {**TOKEN, CONFIG: config(key())})
    case("oidc with a region of STS", {**OIDC, "ALIBABA_CLOUD_STS_REGION": "cn-shanghai"}, TOKEN)
    case("oidc in a private network", {**OIDC, "ALIBABA_CLOUD_STS_REGION": "cn-shanghai", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true"}, TOKEN)
    case("oidc in a private network without region", {**OIDC, "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true"}, TOKEN)
    case("oidc in a region with the central host alone", {**OIDC, "ALIBABA_CLOUD_STS_REGION": "cn-hangzhou-finance"}, TOKEN)
    case("oidc without its file", OIDC, {CONFIG: config(key())})
    case("oidc with a line break after the token", OIDC, {"token": TOKEN["token"] + "\n"})
    case("oidc with the token itself", {**{k: v for k, v in OIDC.items() if "FILE" not in k}, "ALIBABA_CLOUD_OIDC_TOKEN": TOKEN["token"]}, {CONFIG: config(key())})
    case("oidc in a region of the provider", {**OIDC, "ALIBABA_CLOUD_REGION": "cn-beijing"}, TOKEN)
    case("oidc with an STS by variable", {**OIDC, "ALIBABA_CLOUD_STS_ENDPOINT": "sts.ap-southeast-1.aliyuncs.com"}, TOKEN)
    # The command-line tool's file.
    cli("cli key", key())
    cli("cli key of the current profile", key("a", "one"), key("b", "two"), current="b")
    cli("cli key by variable", key("a", "one"), key("b", "two"), env={"ALIBABA_CLOUD_PROFILE": "b"})
    cli("cli profile by variable is missing", key("a", "one"), env={"ALIBABA_CLOUD_PROFILE": "none"})
    cli("cli profile by variable is in the other file", key("a", "one"), env={"ALIBABA_CLOUD_PROFILE": "other"}, files={path: INI_KEY.replace("default", "other") for path in BOTH})
    cli("cli two profiles of one name", key("a", "one"), key("a", "two"))
    cli("cli before ini", key(), files={**BOTH})
    cli("cli profile by variable is in both files", key("a", "one"), key("b", "two"), env={"ALIBABA_CLOUD_PROFILE": "b"}, files={path: INI_KEY.replace("default", "b") for path in BOTH})
    cli("cli without mode", {"name": "p", "access_key_id": "cli", "access_key_secret": "s"}, files={**BOTH})
    cli("cli current profile is missing", key("a", "one"), current="none", files={**BOTH})
    cli("cli before the metadata service", key(), metadata="v2")
    cli("cli switched off", key(), env={"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}, files={**BOTH})
    cli("cli switched off in capitals", key(), env={"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "TRUE"}, files={**BOTH})
    cli("cli session", profile("StsToken", access_key_id="sts", access_key_secret="s", sts_token="t"))
    cli("cli session without token", profile("StsToken", access_key_id="sts", access_key_secret="s"))
    cli("cli session with its token by variable", profile("StsToken", access_key_id="sts", access_key_secret="s"), env={"ALIBABA_CLOUD_SECURITY_TOKEN": SECRET})
    cli("cli key beside a session's token", key(sts_token="t"))
    cli("cli mode in small letters", key(mode="ak"), files={**BOTH})
    cli("cli key without secret", profile("AK", access_key_id="half"))
    cli("cli role", role())
    cli("cli role with everything", role(policy="{}", external_id="e-1", expired_seconds=1800))
    cli("cli role in a region", role(sts_region="cn-shanghai"))
    cli("cli role in a private network", role(sts_region="cn-shanghai", enable_vpc=True))
    cli("cli role in a region by variable", role(), env={"ALIBABA_CLOUD_STS_REGION": "cn-beijing"})
    cli("cli role in a region of its own", role(sts_region="cn-shanghai"), env={"ALIBABA_CLOUD_STS_REGION": "cn-beijing"})
    cli("cli role in a private network by variable", role(sts_region="cn-shanghai"), env={"ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true"})
    cli("cli role out of a private network", role(sts_region="cn-shanghai", enable_vpc=False), env={"ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true"})
    cli("cli role in a private network without region", role(enable_vpc=True))
    cli("cli role in a private network by a text", role(sts_region="cn-shanghai", enable_vpc="true"), files={**BOTH})
    cli("cli role without its session's time", role(expired_seconds=0))
    cli("cli role with an STS of its own", role(sts_endpoint="sts.ap-southeast-1.aliyuncs.com"))
    cli("cli role with an STS by variable", role(), env={"ALIBABA_CLOUD_STS_ENDPOINT": "sts.ap-southeast-1.aliyuncs.com"})
    cli("cli role without session name", role(ram_session_name=None))
    cli("cli role with a session name by variable", role(ram_session_name=None), env={"ALIBABA_CLOUD_ROLE_SESSION_NAME": "deploy"})
    cli("cli role without role", role(ram_role_arn=None))
    cli("cli role with its role by variable", role(ram_role_arn=None), env={"ALIBABA_CLOUD_ROLE_ARN": ROLE + "variable"})
    cli("cli role before the role by variable", role(), env={"ALIBABA_CLOUD_ROLE_ARN": ROLE + "variable"})
    cli("cli role where the tool works in a region", role(region_id="cn-beijing"))
    cli("cli role in a region with the central host alone", role(sts_region="cn-hangzhou-finance"))
    cli("cli role with a session beside its key", role(sts_token="t"))
    cli("cli role for too short a time", role(expired_seconds=60), files={**BOTH})
    cli("cli chain", chain("p", "q", "top"), key("q", "base"))
    cli("cli chain of three", chain("p", "q", "top"), chain("q", "r", "middle"), role("r"))
    cli("cli chain to nowhere", chain("p", "none", "top"), files={**BOTH})
    cli("cli chain in a circle", chain("p", "q", "top"), chain("q", "p", "bottom"), files={**BOTH})
    cli("cli chain to itself", chain("p", "p", "top"), files={**BOTH})
    cli("cli chain over a sign-in", chain("p", "o", "top"), oauth(name="o"))
    cli("cli chain over a command", chain("p", "c", "top"), external(PRINTED, name="c"))
    cli("cli chain over a session", chain("p", "s", "top"), profile("StsToken", "s", access_key_id="sts", access_key_secret="s", sts_token="t"))
    cli("cli chain over the metadata service", chain("p", "m", "top"), profile("EcsRamRole", "m"), metadata="v2")
    cli("cli chain over a sign-in of Cloud SSO", chain("p", "s", "top"), sso(name="s"))
    cli("cli chain over a token of an identity provider", chain("p", "i", "top"), identity(name="i"), files=TOKEN)
    cli("cli chain in two regions", {**chain("p", "r", "top"), "sts_region": "cn-shanghai"}, role("r", sts_region="cn-beijing"))
    cli("cli chain of a mode that is not known", chain("p", "q", "top"), profile("Telepathy", "q"), files={**BOTH})
    cli("cli chain without its source", profile("ChainableRamRoleArn", ram_role_arn=ROLE + "top"), files={**BOTH})
    cli("cli metadata with a role", profile("EcsRamRole", ram_role_name="Named"), metadata="v2")
    cli("cli metadata without a role", profile("EcsRamRole", ram_role_name=""), metadata="v2")
    cli("cli metadata with a role by variable", profile("EcsRamRole"), env={"ALIBABA_CLOUD_ECS_METADATA": "ByVariable"}, metadata="v2")
    cli("cli metadata switched off", profile("EcsRamRole", ram_role_name="Named"), env={"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}, metadata="v2", files={**BOTH})
    cli("cli oidc", identity(), files=TOKEN)
    cli("cli oidc in a region", identity(sts_region="cn-beijing"), files=TOKEN)
    cli("cli oidc with its file by variable", identity(oidc_token_file=None), env={"ALIBABA_CLOUD_OIDC_TOKEN_FILE": "{home}/token"}, files=TOKEN)
    cli("cli oidc with its provider by variable", identity(oidc_provider_arn=None), env={"ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER}, files=TOKEN)
    cli("cli oidc with its role by variable", identity(ram_role_arn=None), env={"ALIBABA_CLOUD_ROLE_ARN": ROLE + "variable"}, files=TOKEN)
    cli("cli oidc without its file", identity(), files={**BOTH})
    cli("cli sign-in of Cloud SSO", sso())
    cli("cli sign-in of Cloud SSO has ended", sso(cloud_sso_access_token_expire=1), files={**BOTH})
    cli("cli sign-in of Cloud SSO without its end", sso(cloud_sso_access_token_expire=None), files={**BOTH})
    cli("cli sign-in of Cloud SSO without its token", sso(access_token=None), files={**BOTH})
    cli("cli sign-in of Cloud SSO at a page of its own", sso(cloud_sso_sign_in_url="https://signin.aliyuncs.com/"))
    cli("cli sign-in with a session", oauth(access_key_id="kept", access_key_secret="s", sts_token="t", sts_expiration=FAR_SECONDS))
    cli("cli sign-in with a session that has ended", oauth(access_key_id="kept", access_key_secret="s", sts_token="t", sts_expiration=1))
    cli("cli sign-in with a good token", oauth())
    cli("cli sign-in with an old token", oauth(oauth_access_token_expire=1))
    cli("cli sign-in without a token", oauth(oauth_access_token=None, oauth_access_token_expire=0))
    cli("cli sign-in without a refresh token", oauth(oauth_refresh_token=None))
    cli("cli sign-in without any token", oauth(oauth_refresh_token=None, oauth_access_token=None), files={**BOTH})
    cli("cli sign-in with a token that ends soon", oauth(oauth_access_token_expire=int(time.time()) + 600))
    cli("cli sign-in at a site in small letters", oauth(oauth_site_type="intl"))
    cli("cli sign-in without a site", {k: v for k, v in oauth().items() if k != "oauth_site_type"})
    cli("cli sign-in without its end", oauth(oauth_access_token_expire=None))
    cli("cli sign-in with a session without end", oauth(access_key_id="kept", access_key_secret="s", sts_token="t"))
    cli("cli sign-in with half a session", oauth(access_key_id="kept", access_key_secret="s", sts_expiration=FAR_SECONDS))
    cli("cli sign-in at the other site", oauth(oauth_site_type="INTL"))
    cli("cli sign-in at an unknown site", oauth(oauth_site_type="MARS"), files={**BOTH})
    cli("cli command", external(PRINTED))
    cli("cli command with a session", external(PRINTED_SESSION))
    cli("cli command with empty texts", external({**PRINTED, "mode": "AK", "sts_token": "", "expiration": ""}))
    cli("cli command with a session but no token", external({**PRINTED, "mode": "StsToken", "sts_token": ""}), files={**BOTH})
    cli("cli command with an unreadable date", external({**PRINTED_SESSION, "expiration": "soon"}))
    cli("cli command fails", profile("External", process_command="false"), files={**BOTH})
    cli("cli command that is not there", profile("External", process_command="no-such-command"), files={**BOTH})
    cli("cli command with another mode", external({**PRINTED, "mode": "AK", "sts_token": "t"}))
    cli("cli command that is not given", profile("External"), files={**BOTH})
    cli("cli command with a session that has ended", external({**PRINTED_SESSION, "expiration": "2001-01-01T00:00:00Z"}))
    cli("cli command with nulls", external({**PRINTED, "sts_token": None, "expiration": None}))
    cli("cli command with a secret alone", external({"access_key_secret": "s"}), files={**BOTH})
    cli("cli command in another spelling", external({"AccessKeyId": "printed", "AccessKeySecret": "s"}), files={**BOTH})
    cli("cli command with quotes", profile("External", process_command='sh -c "printf %s \'' + json.dumps(PRINTED).replace('"', '\\"') + "'\""))
    cli("cli command with a variable", profile("External", process_command="printenv WHAT"), env={"WHAT": json.dumps(PRINTED)})
    cli("cli command beside a key", external(PRINTED, access_key_id="kept", access_key_secret="s", sts_token="t", sts_expiration=FAR_SECONDS))
    cli("cli command prints nothing", profile("External", process_command="true"), files={**BOTH})
    cli("cli command switched off", external(PRINTED), env={"ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS": "true"}, files={**BOTH})
    cli("cli unknown mode", profile("Telepathy"), files={**BOTH})
    cli("cli mode of the tool alone", profile("CredentialsURI", credentials_uri="http://127.0.0.1:8080/credentials"), files={**BOTH})
    cli("cli nulls", key(sts_token=None, ram_role_arn=None, expired_seconds=None, enable_vpc=None, policy=None))
    cli("cli another profile has wrong types", key("p"), {"name": "q", "mode": 7, "expired_seconds": "x"}, current="p")
    cli("cli untouched profile", profile("AK", "default", access_key_id="", access_key_secret="", region_id=""), files={**BOTH})
    case("cli no profiles", {}, {CONFIG: '{"current": "", "profiles": []}', **BOTH})
    case("cli no current profile", {}, {CONFIG: json.dumps({"profiles": [key("default")]})})
    case("cli not JSON", {}, {CONFIG: "hello", **BOTH})
    case("cli of nothing", {}, {CONFIG: "", **BOTH})
    case("cli of an empty object", {}, {CONFIG: "{}", **BOTH})
    case("cli of null", {}, {CONFIG: "null", **BOTH})
    case("cli of a list", {}, {CONFIG: "[]", **BOTH})
    case("cli of no profiles but null", {}, {CONFIG: '{"current": "p", "profiles": null}', **BOTH})
    case("cli of profiles of another type", {}, {CONFIG: '{"current": "p", "profiles": {"p": {}}}', **BOTH})
    case("cli a profile among others of another type", {}, {CONFIG: json.dumps({"current": "p", "profiles": [7, None, key()]})})
    case("cli a key given twice", {}, {CONFIG: config(key()).replace('"access_key_id"', '"access_key_id": "first", "access_key_id"')})
    case("cli byte order mark", {}, {CONFIG: "\ufeff" + config(key())})
    case("cli file by variable", {"ALIBABA_CLOUD_CONFIG_FILE": "{home}/my.json"}, {"my.json": config(key(key="mine")), CONFIG: config(key())})
    # The libraries' ini file.
    of_ini("ini key", INI_KEY)
    of_ini("ini key in the file of the library for Python", INI_KEY, paths=[INI])
    of_ini("ini key in the file of the library for Go", INI_KEY, paths=[INI_OF_GO])
    of_ini("ini with comments", "[default]   # mine\n" + INI_KEY.split("\n", 1)[1].replace("access_key\n", "access_key  # Type\n"))
    of_ini("ini with comment lines", "# one\n; two\n" + INI_KEY)
    of_ini("ini without spaces", INI_KEY.replace(" = ", "="))
    of_ini("ini with colons", INI_KEY.replace(" = ", ": "))
    of_ini("ini keys in capitals", INI_KEY.replace("access_key_id", "ACCESS_KEY_ID"))
    of_ini("ini with a number sign in the secret", INI_KEY.replace("secret = s", "secret = s#t"))
    of_ini("ini with line ends of Windows", INI_KEY.replace("\n", "\r\n"))
    of_ini("ini with an equals sign in the secret", INI_KEY.replace("secret = s", "secret = s=t="))
    of_ini("ini with a number sign in the ID", INI_KEY.replace("= ini", "= ini#t"))
    of_ini("ini with a semicolon in the ID", INI_KEY.replace("= ini", "= ini;t"))
    of_ini("ini with quotes", INI_KEY.replace("= ini", '= "ini"'))
    of_ini("ini with comments after semicolons", INI_KEY.replace("access_key\n", "access_key ; one\n").replace("= ini", "= ini ; two"))
    of_ini("ini with spaces before the keys", INI_KEY.replace("\naccess", "\n  access"))
    of_ini("ini with a section before", ini("type = access_key", "access_key_id = other", "access_key_secret = s", section="other") + INI_KEY)
    of_ini("ini with spaces in the section", INI_KEY.replace("[default]", "[ default ]"), env=URI)
    of_ini("ini with a section twice", INI_KEY + INI_KEY.replace("= ini", "= twice"), env=URI)
    of_ini("ini with a key twice", INI_KEY + "access_key_id = twice\n", env=URI)
    of_ini("ini without a section", INI_KEY.split("\n", 1)[1], env=URI)
    of_ini("ini with a byte order mark", "\ufeff" + INI_KEY, env=URI)
    of_ini("ini with a line that is none", INI_KEY + "hello\n", env=URI)
    of_ini("ini of nothing", "", env=URI)
    of_ini("ini by variable", INI_KEY.replace("= ini", "= mine"), env={"ALIBABA_CLOUD_CREDENTIALS_FILE": "{home}/my.ini"}, paths=["my.ini"])
    of_ini("ini by variable beside the tool's file", INI_KEY, env={"ALIBABA_CLOUD_CREDENTIALS_FILE": "{home}/my.ini"}, paths=["my.ini"], **{CONFIG: config(key())})
    of_ini("ini by variable to nowhere", INI_KEY, env={"ALIBABA_CLOUD_CREDENTIALS_FILE": "{home}/none.ini", **URI})
    case("the tool's file by the variable of the ini file", {"ALIBABA_CLOUD_CREDENTIALS_FILE": "{home}/my.json"}, {"my.json": config(key(key="mine")), CONFIG: config(key())})
    of_ini("ini section by variable is missing", INI_KEY, env={"ALIBABA_CLOUD_PROFILE": "none", **URI})
    of_ini("ini section by variable", INI_KEY + INI_KEY.replace("default", "b").replace("= ini", "= b"), env={"ALIBABA_CLOUD_PROFILE": "b"})
    of_ini("ini section is missing", INI_KEY.replace("default", "other"), env=URI)
    of_ini("ini role", ini("type = ram_role_arn", "access_key_id = ini", "access_key_secret = s", f"role_arn = {ROLE}deploy", "role_session_name = t"))
    of_ini("ini role in a region by variable", ini("type = ram_role_arn", "access_key_id = ini", "access_key_secret = s", f"role_arn = {ROLE}deploy", "role_session_name = t"), env={"ALIBABA_CLOUD_STS_REGION": "cn-beijing"})
    of_ini("ini role with its role by variable", ini("type = ram_role_arn", "access_key_id = ini", "access_key_secret = s"), env={"ALIBABA_CLOUD_ROLE_ARN": ROLE + "variable"})
    of_ini("ini role without role", ini("type = ram_role_arn", "access_key_id = ini", "access_key_secret = s"), env=URI)
    of_ini("ini key without secret", ini("type = access_key", "access_key_id = ini"), env=URI)
    of_ini("ini key with a token", INI_KEY + "security_token = t\n")
    of_ini("ini type in capitals", INI_KEY.replace("access_key\n", "ACCESS_KEY\n"), env=URI)
    of_ini("ini switched off", INI_KEY + "enable = false\n", env=URI)
    of_ini("ini oidc", ini("type = oidc_role_arn", f"oidc_provider_arn = {PROVIDER}", "oidc_token_file_path = {home}/token", f"role_arn = {ROLE}deploy", "role_session_name = t"), **TOKEN)
    of_ini("ini metadata with a role", ini("type = ecs_ram_role", "role_name = Named"), metadata="v2")
    of_ini("ini metadata without a role", ini("type = ecs_ram_role"), metadata="v2")
    of_ini("ini without type", ini("access_key_id = ini", "access_key_secret = s"), env=URI)
    of_ini("ini unknown type", ini("type = telepathy"), env=URI)
    # The metadata service and the credentials URI.
    case("metadata version 2", {}, {}, "v2")
    case("metadata version 1", {}, {}, "v1")
    case("metadata version 1 forbidden", {"ALIBABA_CLOUD_IMDSV1_DISABLED": "true"}, {}, "v1")
    case("metadata version 1 forbidden in capitals", {"ALIBABA_CLOUD_IMDSV1_DISABLED": "TRUE"}, {}, "v1")
    case("metadata switched off by a number", {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "1"}, {}, "v2")
    case("metadata cuts the token request, version 1 forbidden", {"ALIBABA_CLOUD_IMDSV1_DISABLED": "true"}, {}, "cut")
    case("metadata after files that say nothing", {}, {CONFIG: '{"current": "", "profiles": []}', INI: "", INI_OF_GO: ""}, "v2")
    case("metadata with a role by variable", {"ALIBABA_CLOUD_ECS_METADATA": "ByVariable"}, {}, "v2")
    case("metadata switched off", {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}, {}, "v2")
    case("metadata cuts the token request", {}, {}, "cut")
    case("uri", URI)
    case("uri beside the metadata service", URI, {}, "v2")
    case("uri after the metadata service is switched off", {**URI, "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}, {}, "v2")
    case("uri with a query", {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:8080/credentials?who=me"})
    case("uri refuses", {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:8080/refused"})
    case("uri of a session that has ended", {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:8080/ended"})
    case("uri of a session without end", {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:8080/endless"})
    case("uri of a key without token", {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:8080/tokenless"})
    case("uri in another spelling", {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:8080/camel"})
    case("uri over HTTPS", {"ALIBABA_CLOUD_CREDENTIALS_URI": "https://ram.aliyuncs.com/credentials"})
    case("uri without a code", {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:8080/codeless"})
    return found


class Cloud:
    """What every host answers, and what was asked."""

    def __init__(self):
        self.metadata = "none"
        self.asked = []
        self.lock = threading.Lock()

    def sts(self, host, parameters, headers):
        action = headers.get("x-acs-action") or parameters.get("Action", "")
        signed = headers.get("authorization", "").partition("Credential=")[2].partition(",")[0]
        caller = signed or parameters.get("AccessKeyId", "nobody")
        with self.lock:
            self.asked.append({"host": host, "action": action, "key": caller})
        if action == "GetCallerIdentity":
            return {"RequestId": "R", "AccountId": "1234567890123456"}
        role = parameters.get("RoleArn", "").rpartition("/")[2]
        return {"RequestId": "R", "Credentials": issued(f"STS.{role}.by.{caller}")}


def issued(key):
    return {"AccessKeyId": key, "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": FAR}


def handler(cloud, is_metadata):
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def reply(self, answer, status=200):
            body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self):
            if not is_metadata or cloud.metadata == "none":
                self.reply("", 404)
            elif cloud.metadata == "v2":
                self.reply("metadata-token")
            elif cloud.metadata == "v1":
                self.reply("", 404)

        def do_GET(self):
            path = urllib.parse.urlsplit(self.path).path
            if is_metadata:
                return self.metadata(path)
            if path == "/":
                return self.do_POST()
            if path == "/refused":
                return self.reply({"Code": "Fail"})
            answer = {"Code": "Success", **issued("STS.uri")}
            self.reply({
                "/codeless": {**answer, "Code": None},
                "/ended": {**answer, "Expiration": "2001-01-01T00:00:00Z"},
                "/endless": {name: value for name, value in answer.items() if name != "Expiration"},
                "/tokenless": {name: value for name, value in answer.items() if name != "SecurityToken"},
                "/camel": {name[0].lower() + name[1:]: value for name, value in answer.items()},
            }.get(path, answer))

        def metadata(self, path):
            wants = cloud.metadata == "v2" and self.headers.get("x-aliyun-ecs-metadata-token") != "metadata-token"
            role = path.rpartition("/")[2]
            if cloud.metadata == "none" or wants:
                self.reply("", 404)
            elif role:
                self.reply({"Code": "Success", **issued(f"STS.metadata.{role}"), "LastUpdated": FAR})
            else:
                self.reply("OfInstance")

        def do_POST(self):
            address = urllib.parse.urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            host = self.headers["host"]
            if host.startswith("oauth."):
                return self.reply(self.oauth(host, address.path, body))
            if address.path == "/cloud-credentials":
                return self.reply({"RequestId": "R", "CloudCredential": issued("STS.sso")})
            parameters = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
            parameters.update(urllib.parse.parse_qsl(body, keep_blank_values=True))
            self.reply(cloud.sts(host, parameters, {name.lower(): value for name, value in self.headers.items()}))

        def oauth(self, host, path, body):
            if path == "/v1/token":
                spent = dict(urllib.parse.parse_qsl(body))["refresh_token"]
                return {"access_token": f"of.{spent}", "refresh_token": "next", "expires_in": 3600}
            token = self.headers["authorization"].partition("Bearer ")[2]
            found = issued(f"STS.{host}.{token}")
            # Some libraries want one spelling, some the other.
            return {**found, **{name[0].lower() + name[1:]: value for name, value in found.items()}, "requestId": "R"}

    return Handler


def serve(certificate, key, hosts):
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write("127.0.0.1 localhost " + hosts.replace(",", " ") + "\n")
    subprocess.run(["mount", "--bind", file.name, "/etc/hosts"], check=True)
    os.unlink(file.name)
    interface("lo", "127.0.0.1")
    interface("lo:0", "100.100.100.200")
    cloud = Cloud()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    for address, is_metadata, is_tls in [
        (("127.0.0.1", 443), False, True),
        (("127.0.0.1", 8080), False, False),
        (("100.100.100.200", 80), True, False),
    ]:
        server = http.server.ThreadingHTTPServer(address, handler(cloud, is_metadata))
        if is_tls:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("{}", flush=True)
    for line in sys.stdin:
        with cloud.lock:
            asked, cloud.asked = cloud.asked, []
        cloud.metadata = json.loads(line)["metadata"]
        print(json.dumps(asked), flush=True)


def interface(name, address):
    """Gives an interface an address and switches it on."""
    internet = socket.inet_aton(address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        set_address, set_flags, up_and_running = 0x8916, 0x8914, 0x41
        request = struct.pack("16sH2s4s8s", name.encode(), socket.AF_INET, b"", internet, b"")
        fcntl.ioctl(any_socket, set_address, request)
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sH14s", name.encode(), up_and_running, b""))


def run(sdks, authority):
    sys.path.insert(0, sdks)
    import certifi
    # What the library is slow to load. It itself reads the environment when it is loaded.
    import Tea.core, aiofiles, apscheduler.schedulers.background  # noqa: E401, F401

    certifi.where = lambda: authority
    logging.disable()
    print("{}", flush=True)
    for line in sys.stdin:
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(tell, json.dumps(credentials(json.loads(line)["env"])).encode())
            os._exit(0)
        os.close(tell)
        with os.fdopen(told) as pipe:
            print(pipe.read(), flush=True)
        os.waitpid(child, 0)


def credentials(environment):
    os.environ.clear()
    os.environ.update(environment)
    try:
        from alibabacloud_credentials.client import Client

        return {"key": Client().get_credential().access_key_id}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:2000]}


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "scenarios":
        for scenario in scenarios():
            print(json.dumps(scenario))
    else:
        {"serve": serve, "run": run}[command](*arguments)
