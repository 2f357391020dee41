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
