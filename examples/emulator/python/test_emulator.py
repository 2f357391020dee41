import json
import urllib.request

import pytest

ROLE = "AliyunServiceRoleForMssp"


def roles(cloud):
    with urllib.request.urlopen(cloud["endpoint"] + "/_emulator/state") as answer:
        return json.load(answer)["accounts"][cloud["account_id"]]["roles"]


# Each has a cloud of its own, so both find it empty.
@pytest.mark.parametrize("number", [1, 2])
def test_makes_the_role(mss_emulator, number):
    assert ROLE not in roles(mss_emulator)
    url = "{endpoint}/_emulator/accounts/{account_id}/roles".format(**mss_emulator)
    urllib.request.urlopen(url, data=json.dumps({"role_name": ROLE}).encode())
    assert ROLE in roles(mss_emulator)
