provider "mss" {
  assume_role = {
    role_arn = "acs:ram::1234567890123456:role/terraform-mss"
  }
}
