terraform {
  required_providers {
    mss = {
      source = "registry.terraform.io/mss-iac/mss"
    }
  }
}

# Credentials come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.
provider "mss" {
  max_retries = 5
}
