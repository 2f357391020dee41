resource "mss_service_linked_role" "esa" {
  role_name = "AliyunServiceRoleForESAMssp"
}

moved {
  from = alicloud_resource_manager_service_linked_role.esa
  to   = mss_service_linked_role.esa
}
