data "mss_subscriptions" "all" {
  all_accounts = true
}

locals {
  active = {
    for account_id, subscription in data.mss_subscriptions.all.subscriptions : account_id => subscription
    if subscription.active
  }
  month_from_now = timeadd(plantimestamp(), "720h")
  ending = [
    for account_id, subscription in local.active : "${account_id} (${subscription.end_date})"
    if try(timecmp(subscription.end_date, local.month_from_now) < 0, false)
  ]
}

check "subscriptions_last_a_month" {
  assert {
    condition     = length(local.ending) == 0
    error_message = "MSS subscriptions end within a month: ${join(", ", local.ending)}."
  }
}

output "mss_subscriptions" {
  value = { for account_id, subscription in local.active : account_id => "${subscription.version} until ${subscription.end_date}" }
}
