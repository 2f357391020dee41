"""An emulated Alibaba Cloud for each test: take the fixture `mss_emulator`."""

import json
import os
import subprocess

import pytest


@pytest.fixture
def mss_emulator():
    """A running mss-emulator: `endpoint`, `account_id`, `access_key_id`, `access_key_secret` and `environment`."""
    program = os.environ.get("MSS_EMULATOR", "mss-emulator")
    process = subprocess.Popen(
        [program, "serve", "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    cloud = json.loads(process.stdout.readline())
    cloud["environment"] = {
        **os.environ,
        "MSS_ENDPOINT_URL": cloud["endpoint"],
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud["access_key_id"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud["access_key_secret"],
    }
    yield cloud
    # The emulator stops when its standard input ends: here, or when this process does, however it ends.
    process.communicate(timeout=30)
    assert process.returncode == 0
