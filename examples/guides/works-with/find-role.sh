mss-emulator exec -- sh -ec 'terraform apply -auto-approve && python3 find_role.py'
