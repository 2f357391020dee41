# The role that the basic features of MSS need.
resource "mss_service_linked_role" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

# A role that the console may have created already. If so, it is taken over, and a destroy leaves it in the account.
# Otherwise it is created here, and a destroy deletes it.
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
