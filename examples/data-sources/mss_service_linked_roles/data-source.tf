# Every role of MSS in three accounts, present or missing.
data "mss_service_linked_roles" "all" {
  account_ids = ["1111111111111111", "2222222222222222", "3333333333333333"]
}

# The accounts that lack the basic role.
output "accounts_without_mss" {
  value = [
    for role in data.mss_service_linked_roles.all.roles : role.account_id
    if role.role_name == "AliyunServiceRoleForMssp" && !role.exists
  ]
}
