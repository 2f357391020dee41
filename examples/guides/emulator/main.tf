terraform {
  required_providers {
    mss = {
      source = "registry.terraform.io/mss-iac/mss"
    }
  }
}

provider "mss" {}

resource "mss_service_linked_role" "basic" {
  role_name       = "AliyunServiceRoleForMssp"
  adopt_existing  = true
  deletion_policy = "delete"
}
