data "mss_subscriptions" "all" {
  all_accounts = true
}

# Who is subscribed until when.
output "subscribed_until" {
  value = {
    for account_id, subscription in data.mss_subscriptions.all.subscriptions : account_id => subscription.end_date
    if subscription.active
  }
}
