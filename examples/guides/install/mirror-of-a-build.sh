cargo build --release
python3 release/release.py mirror --binary target/release/terraform-provider-mss /srv/terraform-mirror
