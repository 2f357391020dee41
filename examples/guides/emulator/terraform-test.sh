mss-emulator exec --seed seed.json -- terraform test
