# { account_id = "1234567890123456", role_name = "AliyunServiceRoleForMssp" }
output "role" {
  value = provider::mss::parse_role_arn("acs:ram::1234567890123456:role/aliyunserviceroleformssp")
}
