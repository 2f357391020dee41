import {
  to = mss_service_linked_role.basic
  identity = {
    account_id = "1234567890123456"
    role_name  = "AliyunServiceRoleForMssp"
  }
}
