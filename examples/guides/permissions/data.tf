data "mss_service_linked_role" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

data "mss_service_linked_roles" "all" {}

data "mss_service_linked_role_policy" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

data "mss_subscription" "this" {}
