resource "mss_service_linked_role" "esa" {
  role_name = "AliyunServiceRoleForESAMssp"
}

import {
  to = mss_service_linked_role.esa
  id = "esa.mssp.aliyuncs.com:AliyunServiceRoleForESAMssp"
}
