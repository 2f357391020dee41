data "mss_subscription" "this" {}

output "mss_subscription" {
  value = data.mss_subscription.this
}
