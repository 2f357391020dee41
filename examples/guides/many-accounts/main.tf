terraform {
  required_providers {
    mss = {
      source = "registry.terraform.io/mss-iac/mss"
    }
  }
}

# Credentials of the management account of the resource directory.
provider "mss" {}

variable "account_ids" {
  description = "The member accounts that use MSS."
  type        = set(string)
}

resource "mss_service_linked_role" "basic" {
  for_each = var.account_ids

  role_name      = "AliyunServiceRoleForMssp"
  account_id     = each.key
  adopt_existing = true
}

output "role_arns" {
  value = { for account_id, role in mss_service_linked_role.basic : account_id => role.arn }
}
