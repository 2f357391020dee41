variable "roles" {
  description = "The roles that each account needs."
  type        = map(set(string))
  default = {
    "1111111111111111" = ["AliyunServiceRoleForMssp", "AliyunServiceRoleForESAMssp"]
    "2222222222222222" = ["AliyunServiceRoleForMssp"]
  }
}

locals {
  wanted = merge([
    for account_id, role_names in var.roles : {
      for role_name in role_names : "${account_id}:${role_name}" => {
        account_id = account_id
        role_name  = role_name
      }
    }
  ]...)
}

resource "mss_service_linked_role" "wanted" {
  for_each = local.wanted

  role_name      = each.value.role_name
  account_id     = each.value.account_id
  adopt_existing = true
}
