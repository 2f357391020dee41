terraform {
  required_version = ">= 1.6"

  required_providers {
    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1.0"
    }
  }
}

# Credentials of the management account of the resource directory.
provider "mss" {}

# All accounts except those whose change of type is in progress or has failed.
data "mss_accounts" "members" {
  status = ["CreateSuccess", "InviteSuccess", "PromoteSuccess"]
}

# The role in each of them; taken over where the console has already created it.
resource "mss_service_linked_role" "basic" {
  for_each = data.mss_accounts.members.ids

  role_name      = "AliyunServiceRoleForMssp"
  account_id     = each.key
  adopt_existing = true
}
