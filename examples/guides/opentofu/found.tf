data "mss_service_linked_roles" "found" {
  account_ids = ["1111111111111111", "2222222222222222"]
}

locals {
  found = {
    for role in data.mss_service_linked_roles.found.roles : role.id => role
    if role.exists
  }
}

import {
  for_each = local.found

  to = mss_service_linked_role.found[each.key]
  id = each.key
}

resource "mss_service_linked_role" "found" {
  for_each = local.found

  role_name  = each.value.role_name
  account_id = each.value.account_id
}
