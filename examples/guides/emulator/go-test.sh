go mod init acceptance
go test -count=1 .
