terraform {
  required_providers {
    mss = {
      source = "registry.terraform.io/mss-iac/mss"
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
