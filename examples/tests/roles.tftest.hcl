# mss-emulator exec --seed seed.json -- terraform test

run "plans_what_is_known" {
  command = plan

  assert {
    condition     = mss_service_linked_role.this["AliyunServiceRoleForMssp"].policy_name == "AliyunServiceRolePolicyForMssp"
    error_message = "The policy of a role is known before it is created."
  }
}

run "creates_the_role" {
  assert {
    condition     = endswith(output.role_arns["AliyunServiceRoleForMssp"], ":role/aliyunserviceroleformssp")
    error_message = "RAM shows the name of a service-linked role in lower case."
  }
}

run "adds_another_role" {
  variables {
    role_names = ["AliyunServiceRoleForMssp", "AliyunServiceRoleForESAMssp"]
  }

  assert {
    condition     = length(output.role_arns) == 2
    error_message = "Both roles exist."
  }
}

run "reaches_a_member_account" {
  variables {
    account_id = "2222222222222222"
  }

  assert {
    condition     = mss_service_linked_role.this["AliyunServiceRoleForMssp"].id == "2222222222222222:AliyunServiceRoleForMssp"
    error_message = "The role belongs to the member account."
  }
}
