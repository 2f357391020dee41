# The production accounts, in a folder and in the folders below it. Replace the ID with that of your own folder: this one is the Root
# folder of mss-emulator.
data "mss_accounts" "production" {
  folder_id          = "r-Emulat"
  include_subfolders = true
  status             = ["CreateSuccess", "InviteSuccess", "PromoteSuccess"]
  name_regex         = "^(prod|member)-"
}

resource "mss_service_linked_role" "production" {
  for_each = data.mss_accounts.production.ids

  role_name      = "AliyunServiceRoleForMssp"
  account_id     = each.key
  adopt_existing = true
}

output "account_names" {
  value = { for account_id, account in data.mss_accounts.production.accounts : account_id => account.display_name }
}
