set -eu

# If the account already has the role, `adopt_existing` takes it over.
terraform apply -auto-approve
terraform plan -detailed-exitcode

# While the subscription is active, destroy must be refused.
if terraform destroy -auto-approve; then
  echo "the role was destroyed during the subscription" >&2
  exit 1
fi

mss-emulator ctl subscription --end-date '2020-01-01 00:00:00'
terraform destroy -auto-approve
