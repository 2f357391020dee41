data "mss_service_linked_roles" "all" {
  account_ids = ["1111111111111111", "2222222222222222", "3333333333333333"]
}

locals {
  missing = {
    for role in data.mss_service_linked_roles.all.roles : role.account_id => role.role_name...
    if !role.exists
  }
}

output "missing_roles" {
  value = local.missing
}
