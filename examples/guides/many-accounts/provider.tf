terraform {
  required_version = ">= 1.6"

  required_providers {
    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1.0"
    }
  }
}

provider "mss" {
  # A role of the management account, for credentials of another account.
  assume_role = {
    role_arn = "acs:ram::1234567890123456:role/terraform"
  }

  # The role to assume in each member account.
  member_account_role = "mss-operator"

  # Refuses credentials of any other account, and roles in any other account.
  allowed_account_ids = ["1234567890123456", "1111111111111111", "2222222222222222"]
}
