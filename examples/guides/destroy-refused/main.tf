resource "mss_service_linked_role" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}
