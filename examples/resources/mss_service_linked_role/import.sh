# By name, in the account of the credentials:
terraform import mss_service_linked_role.basic AliyunServiceRoleForMssp

# By account and name:
terraform import mss_service_linked_role.basic 1234567890123456:AliyunServiceRoleForMssp

# By service and name, as the alicloud provider writes it:
terraform import mss_service_linked_role.esa esa.mssp.aliyuncs.com:AliyunServiceRoleForESAMssp
