resource "mss_service_linked_role" "anti_ransomware" {
  role_name = "AliyunServiceRoleForAntiRansomwareMssp"
}
