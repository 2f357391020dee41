terraform init
mss-emulator exec -- sh -ec '
  terraform apply -auto-approve
  terraform plan
  mss-emulator ctl subscription --status NotEnabled
  terraform destroy -auto-approve
'
