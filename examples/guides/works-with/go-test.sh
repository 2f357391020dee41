TF_ACC=1 mss-emulator exec -- go test -count=1 .
