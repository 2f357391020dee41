set -eu
terraform plan -out=plan
terraform show -json plan | python3 check_policy.py
