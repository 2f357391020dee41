terraform {
  required_version = ">= 1.6"

  required_providers {
    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1.0"
    }
  }
}
