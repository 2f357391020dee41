# "acs:ram::1234567890123456:role/aliyunserviceroleformssp"
output "role_arn" {
  value = provider::mss::role_arn("1234567890123456", "AliyunServiceRoleForMssp")
}
