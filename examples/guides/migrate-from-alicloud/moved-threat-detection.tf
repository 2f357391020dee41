resource "mss_service_linked_role" "anti_ransomware" {
  role_name  = "AliyunServiceRoleForAntiRansomwareMssp"
  account_id = "1234567890123456"
}

moved {
  from = alicloud_threat_detection_service_linked_role.anti_ransomware
  to   = mss_service_linked_role.anti_ransomware
}
