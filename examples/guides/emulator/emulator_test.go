package acceptance

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// startEmulator gives the test, and every process that it starts, a cloud of its own.
func startEmulator(t *testing.T) {
	t.Helper()
	emulator := exec.Command("mss-emulator", "serve")
	stdout, err := emulator.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := emulator.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = emulator.Process.Signal(os.Interrupt)
		_ = emulator.Wait()
	})
	// It accepts requests as soon as this line is there.
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var cloud struct {
		Endpoint        string `json:"endpoint"`
		AccessKeyID     string `json:"access_key_id"`
		AccessKeySecret string `json:"access_key_secret"`
	}
	if err := json.Unmarshal(line, &cloud); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MSS_ENDPOINT_URL", cloud.Endpoint)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", cloud.AccessKeyID)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", cloud.AccessKeySecret)
}

func TestApplyMakesTheRole(t *testing.T) {
	startEmulator(t)
	apply := exec.Command("terraform", "apply", "-auto-approve")
	if output, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}
