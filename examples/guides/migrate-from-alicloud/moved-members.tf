resource "mss_service_linked_role" "management" {
  role_name = "AliyunServiceRoleForESAMssp"
}

resource "mss_service_linked_role" "member" {
  role_name  = "AliyunServiceRoleForESAMssp"
  account_id = "2222222222222222"
}

moved {
  from = alicloud_resource_manager_service_linked_role.management
  to   = mss_service_linked_role.management
}

moved {
  from = alicloud_resource_manager_service_linked_role.member
  to   = mss_service_linked_role.member
}
