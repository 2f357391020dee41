terraform {
  required_version = ">= 1.6"

  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = "~> 1.275"
    }

    mss = {
      source  = "mss-iac/mss"
      version = "~> 0.1.0"
    }
  }
}
