# tflint-ignore: terraform_unused_declarations
data "mss_accounts" "in_folder" {
  folder_id = "fd-Empty00001"
}
