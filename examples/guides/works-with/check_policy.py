import json
import sys

plan = json.load(sys.stdin)
for change in plan["resource_changes"]:
    after = change["change"]["after"]
    if change["type"] != "mss_service_linked_role" or after is None:
        continue
    if after.get("deletion_policy") != "prevent":
        sys.exit(f"{change['address']}: deletion_policy must be \"prevent\"")
