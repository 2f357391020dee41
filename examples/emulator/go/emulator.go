// Package mssemulator gives each test an emulated Alibaba Cloud of its own.
package mssemulator

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// Cloud is a running mss-emulator.
type Cloud struct {
	Endpoint        string `json:"endpoint"`
	AccountID       string `json:"account_id"`
	AccessKeyID     string `json:"access_key_id"`
	AccessKeySecret string `json:"access_key_secret"`
}

// Start runs mss-emulator until the test ends. Arguments are those of `mss-emulator serve`, such as "--seed", "seed.json".
// Tests that start a cloud each may run in parallel.
func Start(t *testing.T, arguments ...string) Cloud {
	t.Helper()
	program := os.Getenv("MSS_EMULATOR")
	if program == "" {
		program = "mss-emulator"
	}
	command := exec.Command(program, append([]string{"serve", "--exit-with-parent"}, arguments...)...)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	// The emulator stops when its standard input ends: here, or when this process does, however it ends.
	t.Cleanup(func() {
		stdin.Close()
		if err := command.Wait(); err != nil {
			t.Errorf("mss-emulator: %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("mss-emulator did not start: %v", err)
	}
	var cloud Cloud
	if err := json.Unmarshal(line, &cloud); err != nil {
		t.Fatal(err)
	}
	return cloud
}

// Environment is what a command needs to use the cloud, for exec.Cmd.Env. It does not hide your own cloud's variables:
// `mss-emulator exec` does.
func (cloud Cloud) Environment() []string {
	return append(os.Environ(),
		"MSS_ENDPOINT_URL="+cloud.Endpoint,
		"ALIBABA_CLOUD_ACCESS_KEY_ID="+cloud.AccessKeyID,
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET="+cloud.AccessKeySecret,
	)
}
