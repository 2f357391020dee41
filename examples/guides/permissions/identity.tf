data "alicloud_account" "current" {}

resource "alicloud_ram_policy" "mss" {
  for_each = toset(["plan", "apply", "destroy"])

  policy_name     = "terraform-mss-${each.key}"
  policy_document = file("${path.module}/${each.key}.json")
}

# Every RAM user of the account that may call sts:AssumeRole on it can assume this role.
resource "alicloud_ram_role" "terraform" {
  role_name = "terraform-mss"
  assume_role_policy_document = jsonencode({
    Version = "1"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { RAM = ["acs:ram::${data.alicloud_account.current.id}:root"] }
    }]
  })
}

resource "alicloud_ram_role_policy_attachment" "mss" {
  for_each = alicloud_ram_policy.mss

  role_name   = alicloud_ram_role.terraform.role_name
  policy_name = each.value.policy_name
  policy_type = "Custom"
}
