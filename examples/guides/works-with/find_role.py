import os
import urllib.parse

from alibabacloud_ram20150501.client import Client
from alibabacloud_ram20150501.models import GetRoleRequest
from alibabacloud_tea_openapi.models import Config

emulator = urllib.parse.urlsplit(os.environ["MSS_ENDPOINT_URL"])
client = Client(
    Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint=emulator.netloc,
        protocol="http",
    )
)
role = client.get_role(GetRoleRequest(role_name="AliyunServiceRoleForMssp")).body.role
print(role.arn)
