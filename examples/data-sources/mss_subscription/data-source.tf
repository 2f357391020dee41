data "mss_subscription" "this" {}

# A role that can be destroyed only after this date.
output "mss_ends" {
  value = data.mss_subscription.this.active ? data.mss_subscription.this.end_date : null
}
