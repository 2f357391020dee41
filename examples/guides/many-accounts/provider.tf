terraform {
  required_version = ">= 1.6"

  required_providers {
    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1"
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

  # Nothing is planned or applied with credentials of an account that is not meant.
  allowed_account_ids = ["1234567890123456", "1111111111111111", "2222222222222222"]
}
