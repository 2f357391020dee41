mss-emulator exec -- sh test.sh
