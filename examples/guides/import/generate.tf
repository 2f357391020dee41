import {
  to = mss_service_linked_role.esa
  id = "1234567890123456:AliyunServiceRoleForESAMssp"
}
