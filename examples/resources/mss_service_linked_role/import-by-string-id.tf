import {
  to = mss_service_linked_role.basic
  id = "1234567890123456:AliyunServiceRoleForMssp"
}
