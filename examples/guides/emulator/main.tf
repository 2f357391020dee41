terraform {
  required_version = ">= 1.6"

  required_providers {
    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1.0"
    }
  }
}

provider "mss" {}

resource "mss_service_linked_role" "basic" {
  role_name       = "AliyunServiceRoleForMssp"
  adopt_existing  = true
  deletion_policy = "delete"
}
