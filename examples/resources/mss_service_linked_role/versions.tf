terraform {
  required_version = ">= 1.12"

  required_providers {
    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1.0"
    }
  }
}
