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

data "mss_accounts" "members" {
  status = ["CreateSuccess", "InviteSuccess", "PromoteSuccess"]
}

resource "mss_service_linked_role" "basic" {
  for_each = data.mss_accounts.members.ids

  role_name       = "AliyunServiceRoleForMssp"
  account_id      = each.key
  adopt_existing  = true
  deletion_policy = "delete_or_abandon"
}
