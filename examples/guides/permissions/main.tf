resource "mss_service_linked_role" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

resource "mss_service_linked_role" "esa" {
  role_name = "AliyunServiceRoleForESAMssp"
}

resource "mss_service_linked_role" "anti_ransomware" {
  role_name = "AliyunServiceRoleForAntiRansomwareMssp"
}
