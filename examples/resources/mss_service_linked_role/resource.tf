# The role that the basic features of MSS need.
resource "mss_service_linked_role" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

# A role that the console may have made before: taken over, and left in the account on destroy.
resource "mss_service_linked_role" "esa" {
  role_name      = "AliyunServiceRoleForESAMssp"
  adopt_existing = true

  timeouts = {
    create = "2m"
  }
}

output "basic_role_arn" {
  value = mss_service_linked_role.basic.arn
}
