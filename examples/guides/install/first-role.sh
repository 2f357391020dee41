terraform init
mss-emulator exec -- terraform apply -auto-approve
