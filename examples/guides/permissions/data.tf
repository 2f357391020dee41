# tflint-ignore: terraform_unused_declarations
data "mss_service_linked_role" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

# tflint-ignore: terraform_unused_declarations
data "mss_service_linked_roles" "all" {}

# tflint-ignore: terraform_unused_declarations
data "mss_service_linked_role_policy" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}

# tflint-ignore: terraform_unused_declarations
data "mss_subscription" "this" {}
