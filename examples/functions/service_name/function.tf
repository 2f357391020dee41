# "esa.mssp.aliyuncs.com"
output "service_name" {
  value = provider::mss::service_name("AliyunServiceRoleForESAMssp")
}
