terraform {
  required_version = ">= 1.6"

  required_providers {
    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1.0"
    }
  }
}

# The account, the role and the token come from the environment: see the pipeline below.
provider "mss" {
  region              = "cn-hangzhou"
  allowed_account_ids = ["1234567890123456"]
}

resource "mss_service_linked_role" "basic" {
  role_name       = "AliyunServiceRoleForMssp"
  deletion_policy = "prevent"
}
