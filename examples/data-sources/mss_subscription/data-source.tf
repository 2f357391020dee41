data "mss_subscription" "this" {}

# The roles that the subscription needs can be destroyed only after this date.
output "mss_ends" {
  value = data.mss_subscription.this.active ? data.mss_subscription.this.end_date : null
}
