resource "mss_service_linked_role" "basic" {
  role_name      = "AliyunServiceRoleForMssp"
  adopt_existing = true

  # Without this, an adopted role stays in the account when the resource is destroyed.
  deletion_policy = "delete"
}
