terraform {
  required_version = ">= 1.6"

  required_providers {
    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1.0"
    }
  }
}

variable "role_names" {
  description = "The service-linked roles of MSS that each account should have."
  type        = set(string)
  default     = ["AliyunServiceRoleForMssp"]
}

variable "account_id" {
  description = "The account that holds the roles; null for the account of the credentials."
  type        = string
  default     = null
}

resource "mss_service_linked_role" "this" {
  for_each = var.role_names

  role_name  = each.key
  account_id = var.account_id
}

output "role_arns" {
  description = "ARN of each role, by name."
  value       = { for name, role in mss_service_linked_role.this : name => role.arn }
}
