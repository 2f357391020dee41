import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest


class Roles(unittest.TestCase):
    def setUp(self):
        self.emulator = subprocess.Popen(["mss-emulator", "serve"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop)
        # It accepts requests as soon as this line is there.
        cloud = json.loads(self.emulator.stdout.readline())
        self.environment = {
            **os.environ,
            "MSS_ENDPOINT_URL": cloud["endpoint"],
            "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud["access_key_secret"],
        }
        # A copy of the configuration, so that each test has a state of its own.
        module = tempfile.TemporaryDirectory()
        self.addCleanup(module.cleanup)
        self.module = module.name
        for file in glob.glob("*.tf"):
            shutil.copy(file, self.module)
        self.run_command("terraform", "init")

    def stop(self):
        self.emulator.terminate()
        self.assertEqual(self.emulator.wait(), 0)
        self.emulator.stdout.close()

    def run_command(self, *command):
        done = subprocess.run(
            command, cwd=self.module, env=self.environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    def test_apply_makes_the_role(self):
        self.run_command("terraform", "apply", "-auto-approve")
        state = json.loads(self.run_command("mss-emulator", "ctl", "state"))
        self.assertIn("AliyunServiceRoleForMssp", state["accounts"]["1234567890123456"]["roles"])

    def test_a_lost_answer_is_settled(self):
        fault = {"action": "CreateServiceLinkedRole", "kind": "drop_after"}
        self.run_command("mss-emulator", "ctl", "fault", "add", json.dumps(fault))
        self.run_command("terraform", "apply", "-auto-approve")
        calls = json.loads(self.run_command("mss-emulator", "ctl", "calls"))["calls"]
        self.assertTrue(any(call["fault"] == "drop_after" for call in calls))

    def test_destroy_is_refused_during_the_subscription(self):
        self.run_command("terraform", "apply", "-auto-approve")
        with self.assertRaises(subprocess.CalledProcessError):
            self.run_command("terraform", "destroy", "-auto-approve")


if __name__ == "__main__":
    unittest.main()
