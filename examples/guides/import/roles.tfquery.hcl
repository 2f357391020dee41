list "mss_service_linked_role" "all" {
  provider = mss

  config {
    account_ids = ["1111111111111111", "2222222222222222"]
  }
}
