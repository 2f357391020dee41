"""Drives an emulator with Alibaba Cloud's official SDKs for Python, unchanged but for the endpoint.

  official_sdks.py install FOLDER
  official_sdks.py calls FOLDER ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET   prints what the SDKs parsed
  official_sdks.py signatures FOLDER COUNT                                 prints random requests, signed

The SDKs go into FOLDER, once. Without pip, pip itself is fetched from the package index first.
"""

import fcntl
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

# The SDKs, and all that they need, by hash. Made of the packages of WANTED by
# `uv pip compile --universal --python-version 3.9 --generate-hashes --no-header --no-annotate`.
REQUIREMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "official_sdks.txt")
WANTED = """
alibabacloud-ram20150501==1.3.0
alibabacloud-resourcedirectorymaster20220419==2.3.1
alibabacloud-resourcemanager20200331==2.6.2
alibabacloud-sts20150401==1.2.0
alibabacloud-mssp20161228==1.2.3
alibabacloud-credentials==1.0.12
aliyun-python-sdk-core==2.16.1
aliyun-python-sdk-ram==3.3.1
aliyun-python-sdk-resourcemanager==1.2.7
aliyun-python-sdk-sts==3.1.3
pip==25.3
pytest==8.4.2
"""


def install(folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = os.path.join(folder, ".installed")
        with open(REQUIREMENTS) as wanted:
            pinned = wanted.read()
        assert all(f"{package} " in pinned for package in WANTED.split()), "official_sdks.txt is not of WANTED"
        if os.path.exists(done) and open(done).read() == pinned:
            return
        with tempfile.TemporaryDirectory() as work:
            environment = dict(os.environ)
            if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode != 0:
                environment["PYTHONPATH"] = fetch_pip(work, pinned)
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", folder]
            command += ["--require-hashes", "--requirement", REQUIREMENTS]
            subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=True)
        with open(done, "w") as out:
            out.write(pinned)


def fetch_pip(work, pinned):
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    version = re.search(r"^pip==(\S+)", pinned, re.MULTILINE).group(1)
    wheel = f"pip-{version}-py3-none-any.whl"
    request = urllib.request.Request(index, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        url = next(file["url"] for file in json.load(answer)["files"] if file["filename"] == wheel)
    with urllib.request.urlopen(urllib.parse.urljoin(index, url), timeout=60) as answer:
        content = answer.read()
    if f"sha256:{hashlib.sha256(content).hexdigest()}" not in pinned:
        sys.exit(f"{wheel} is not the one that is pinned")
    path = os.path.join(work, wheel)
    with open(path, "wb") as file:
        file.write(content)
    return path


def calls(endpoint, key, secret):
    from alibabacloud_mssp20161228.client import Client as Mssp
    from alibabacloud_ram20150501 import models as ram_models
    from alibabacloud_ram20150501.client import Client as Ram
    from alibabacloud_resourcemanager20200331 import models as rm_models
    from alibabacloud_resourcemanager20200331.client import Client as ResourceManager
    from alibabacloud_sts20150401 import models as sts_models
    from alibabacloud_sts20150401.client import Client as Sts
    from alibabacloud_tea_openapi.models import Config
    from Tea.exceptions import TeaException

    host = endpoint.split("://")[1]

    def config(**keys):
        keys = keys or {"access_key_id": key, "access_key_secret": secret}
        return Config(endpoint=host, protocol="http", region_id="cn-hangzhou", **keys)

    def code(call, *arguments):
        try:
            call(*arguments)
        except TeaException as error:
            return error.code
        return None

    found = {}
    rm, ram, sts, mssp = ResourceManager(config()), Ram(config()), Sts(config()), Mssp(config())
    create = rm_models.CreateServiceLinkedRoleRequest(service_name="esa.mssp.aliyuncs.com")
    role = rm.create_service_linked_role(create).body.role
    found["created"] = [role.role_name, role.arn, role.is_service_linked_role]
    found["created twice"] = code(rm.create_service_linked_role, create)
    get = rm_models.GetRoleRequest(role_name=role.role_name)
    found["principal"] = rm.get_role(get).body.role.role_principal_name
    found["missing"] = code(rm.get_role, rm_models.GetRoleRequest(role_name="Nobody"))
    found["listed"] = [role.role_name for role in rm.list_roles(rm_models.ListRolesRequest()).body.roles.role]

    found["ram role"] = ram.get_role(ram_models.GetRoleRequest(role_name=role.role_name)).body.role.role_id
    page = ram.list_roles(ram_models.ListRolesRequest(max_items=1)).body
    found["ram page"] = [page.is_truncated, page.roles.role[0].role_name]
    template = ram_models.GetServiceLinkedRoleTemplateRequest(service_name="esa.mssp.aliyuncs.com")
    template = ram.get_service_linked_role_template(template).body.service_linked_role_template
    found["template"] = [template.role_name_prefix, template.system_policy_name]
    policies = ram.list_policies_for_role(ram_models.ListPoliciesForRoleRequest(role_name=role.role_name)).body
    policy = policies.policies.policy[0]
    found["policy"] = [policy.policy_name, policy.policy_type]
    request = ram_models.GetPolicyRequest(policy_name=policy.policy_name, policy_type="System")
    found["policy version"] = ram.get_policy(request).body.default_policy_version.version_id
    request = ram_models.GetPolicyVersionRequest(
        policy_name=policy.policy_name, policy_type="System", version_id="v1"
    )
    found["document"] = json.loads(ram.get_policy_version(request).body.policy_version.policy_document)["Version"]

    found["caller"] = sts.get_caller_identity().body.account_id
    member = "acs:ram::2222222222222222:role/ResourceDirectoryAccountAccessRole"
    request = sts_models.AssumeRoleRequest(role_arn=member, role_session_name="sdk", duration_seconds=900)
    session = sts.assume_role(request).body.credentials
    keys = {
        "access_key_id": session.access_key_id,
        "access_key_secret": session.access_key_secret,
        "security_token": session.security_token,
    }
    found["member"] = Sts(config(**keys)).get_caller_identity().body.account_id
    oidc = sts_models.AssumeRoleWithOIDCRequest(
        role_arn="acs:ram::2222222222222222:role/ci",
        role_session_name="sdk",
        oidcprovider_arn="acs:ram::2222222222222222:oidc-provider/ci",
        oidctoken="a-token",
    )
    found["oidc"] = sts.assume_role_with_oidc(oidc).body.credentials.access_key_id.startswith("STS.")

    data = mssp.get_user_status().body.data
    found["subscription"] = [data.status, data.version, data.instance_id]
    found["wrong secret"] = code(Ram(config(access_key_id=key, access_key_secret="x")).list_roles, ram_models.ListRolesRequest())
    found["wrong key"] = code(Ram(config(access_key_id="x", access_key_secret="x")).list_roles, ram_models.ListRolesRequest())

    delete = rm_models.DeleteServiceLinkedRoleRequest(role_name=role.role_name)
    task = rm.delete_service_linked_role(delete).body.deletion_task_id
    status = rm_models.GetServiceLinkedRoleDeletionStatusRequest(deletion_task_id=task)
    answer = rm.get_service_linked_role_deletion_status(status).body
    usage = answer.reason.role_usages.role_usage[0]
    found["in use"] = [answer.status, usage.region, usage.resources.resource]

    found["directory"] = calls_of_the_directory(config)
    found["version 1"] = calls_of_version_1(endpoint, key, secret)
    found["credentials uri"] = by_credentials_uri(endpoint, config)
    print(json.dumps(found))


def calls_of_the_directory(config):
    from alibabacloud_resourcedirectorymaster20220419 import models
    from alibabacloud_resourcedirectorymaster20220419.client import Client
    from alibabacloud_resourcemanager20200331 import models as rm_models
    from alibabacloud_resourcemanager20200331.client import Client as ResourceManager

    client = Client(config())
    accounts, token = [], None
    while True:
        body = client.list_accounts(models.ListAccountsRequest(max_results=2, next_token=token)).body
        accounts += [account.account_id for account in body.accounts.account]
        token = body.next_token
        if not token:
            break
    page = client.list_accounts(models.ListAccountsRequest(page_number=2, page_size=2, include_tags=True)).body
    account = client.get_account(models.GetAccountRequest(account_id=accounts[0], include_tags=True)).body.account
    directory = client.get_resource_directory().body.resource_directory
    folders = client.list_folders_for_parent(models.ListFoldersForParentRequest()).body.folders.folder
    below = models.ListAccountsForParentRequest(parent_folder_id=folders[0].folder_id)
    below = client.list_accounts_for_parent(below).body.accounts.account
    folder = client.get_folder(models.GetFolderRequest(folder_id=folders[0].folder_id)).body.folder
    above = client.list_ancestors(models.ListAncestorsRequest(child_id=below[0].account_id)).body.folders.folder
    old = ResourceManager(config()).list_accounts(rm_models.ListAccountsRequest(page_size=1)).body
    return [
        accounts,
        [page.total_count, page.accounts.account[0].account_id, page.accounts.account[0].tags.tag],
        [account.display_name, account.status, account.type, [(tag.key, tag.value) for tag in account.tags]],
        [directory.master_account_id, directory.root_folder_id == folder.parent_folder_id],
        [folder.folder_name, [account.account_id for account in below]],
        [folder.folder_name for folder in above],
        [old.total_count, old.accounts.account[0].account_id],
    ]


def calls_of_version_1(endpoint, key, secret):
    from aliyunsdkcore.acs_exception.exceptions import ServerException
    from aliyunsdkcore.client import AcsClient
    from aliyunsdkram.request.v20150501.GetRoleRequest import GetRoleRequest
    from aliyunsdkram.request.v20150501.ListRolesRequest import ListRolesRequest
    from aliyunsdkresourcemanager.request.v20200331.CreateServiceLinkedRoleRequest import (
        CreateServiceLinkedRoleRequest,
    )
    from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest

    def call(request, secret=secret, **parameters):
        request.set_accept_format("json")
        request.set_endpoint(endpoint.split("://")[1])
        request.set_protocol_type("http")
        for name, value in parameters.items():
            request.add_query_param(name, value)
        try:
            return json.loads(AcsClient(key, secret, "cn-hangzhou").do_action_with_exception(request))
        except ServerException as error:
            return error.get_error_code()

    created = call(CreateServiceLinkedRoleRequest(), ServiceName="mssp.aliyuncs.com")
    return [
        created["Role"]["RoleName"],
        call(GetRoleRequest(), RoleName="AliyunServiceRoleForMssp")["Role"]["RoleName"],
        call(GetRoleRequest(), RoleName="Nobody"),
        len(call(ListRolesRequest())["Roles"]["Role"]),
        call(GetCallerIdentityRequest())["AccountId"],
        call(ListRolesRequest(), secret="x"),
    ]


def by_credentials_uri(endpoint, config):
    from alibabacloud_credentials.client import Client
    from alibabacloud_credentials.models import Config
    from alibabacloud_sts20150401.client import Client as Sts

    client = Client(Config(type="credentials_uri", credentials_uri=endpoint + "/credentials"))
    return Sts(config(credential=client)).get_caller_identity().body.account_id


def signatures(count):
    from alibabacloud_openapi_util.client import Client
    from Tea.request import TeaRequest

    random.seed(20150501)
    letters = "abcXYZ019-_.~ */:+&=?%#@!'\"\\中é€😀\t"

    def text(least, most):
        return "".join(random.choice(letters) for _ in range(random.randint(least, most)))

    def name():
        return "".join(random.choice("ABCdef123.") for _ in range(random.randint(1, 12)))

    for _ in range(count):
        request = TeaRequest()
        request.method = random.choice(["GET", "POST"])
        request.pathname = "/"
        request.query = {name(): text(0, 30) for _ in range(random.randint(0, 8))}
        hexadecimal = "%032x" % random.getrandbits(128)
        request.headers = {
            "host": "resourcemanager.aliyuncs.com",
            "x-acs-action": name(),
            "x-acs-content-sha256": hexadecimal,
            "x-acs-date": "2026-01-02T03:04:05Z",
            "x-acs-signature-nonce": hexadecimal,
            "x-acs-version": "2020-03-31",
        }
        if random.random() < 0.5:
            request.headers["x-acs-security-token"] = text(5, 40).strip() + "/+=="
        secret = "s" + text(1, 40)
        signed = Client.get_authorization(request, "ACS3-HMAC-SHA256", hexadecimal, "LTAIexample", secret)
        case = {
            "method": request.method,
            "query": list(request.query.items()),
            "headers": list(request.headers.items()),
            "payload": hexadecimal,
            "secret": secret,
            "authorization": signed,
        }
        print(json.dumps(case))


if __name__ == "__main__":
    command, folder = sys.argv[1:3]
    if command == "install":
        install(folder)
    else:
        sys.path.insert(0, folder)
        if command == "calls":
            calls(*sys.argv[3:6])
        else:
            signatures(int(sys.argv[3]))
