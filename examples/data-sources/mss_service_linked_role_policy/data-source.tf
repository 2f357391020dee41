# What MSS may do in the account.
data "mss_service_linked_role_policy" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

output "policy_version" {
  value = data.mss_service_linked_role_policy.basic.version
}

output "allowed_actions" {
  value = flatten([
    for statement in jsondecode(data.mss_service_linked_role_policy.basic.document).Statement : statement.Action
  ])
}
