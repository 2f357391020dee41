locals {
  account_ids = toset(["1111111111111111", "2222222222222222"])
}

import {
  for_each = local.account_ids

  to = mss_service_linked_role.basic[each.key]
  id = "${each.key}:AliyunServiceRoleForMssp"
}

resource "mss_service_linked_role" "basic" {
  for_each = local.account_ids

  role_name  = "AliyunServiceRoleForMssp"
  account_id = each.key
}
