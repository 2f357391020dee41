# The roles of MSS in two accounts.
list "mss_service_linked_role" "all" {
  provider = mss

  config {
    account_ids = ["1234567890123456", "2222222222222222"]
  }
}
