# A role that somebody else manages.
data "mss_service_linked_role" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

output "basic_role_arn" {
  value = data.mss_service_linked_role.basic.arn
}
