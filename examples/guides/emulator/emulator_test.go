package acceptance

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startEmulator gives the test, and every process that it starts, a cloud of its own.
func startEmulator(t *testing.T) {
	t.Helper()
	emulator := exec.Command("mss-emulator", "serve")
	stdout, err := emulator.StdoutPipe()
	check(t, err)
	check(t, emulator.Start())
	t.Cleanup(func() {
		_ = emulator.Process.Signal(os.Interrupt)
		_ = emulator.Wait()
	})
	// It accepts requests as soon as this line is there.
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	check(t, err)
	var cloud struct {
		Endpoint        string `json:"endpoint"`
		AccessKeyID     string `json:"access_key_id"`
		AccessKeySecret string `json:"access_key_secret"`
	}
	check(t, json.Unmarshal(line, &cloud))
	t.Setenv("MSS_ENDPOINT_URL", cloud.Endpoint)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", cloud.AccessKeyID)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", cloud.AccessKeySecret)
}

// copyModule gives the test a state of its own: the configuration in a folder that goes when the test ends.
func copyModule(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	files, err := filepath.Glob("*.tf")
	check(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		check(t, os.WriteFile(filepath.Join(folder, file), text, 0o600))
	}
	return folder
}

// terraform runs a command in the module; it answers what was printed and whether the command failed.
func terraform(module string, arguments ...string) (string, error) {
	command := exec.Command("terraform", arguments...)
	command.Dir = module
	output, err := command.CombinedOutput()
	return string(output), err
}

func applied(t *testing.T) string {
	t.Helper()
	startEmulator(t)
	module := copyModule(t)
	for _, arguments := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		if output, err := terraform(module, arguments...); err != nil {
			t.Fatalf("terraform %v: %v\n%s", arguments, err, output)
		}
	}
	return module
}

func TestApplyMakesTheRole(t *testing.T) {
	output, err := terraform(applied(t), "plan", "-detailed-exitcode")
	if err != nil {
		t.Fatalf("the plan is not empty: %v\n%s", err, output)
	}
}

func TestDestroyIsRefusedDuringTheSubscription(t *testing.T) {
	output, err := terraform(applied(t), "destroy", "-auto-approve")
	if err == nil || !strings.Contains(output, "MSS subscription is active") {
		t.Fatalf("destroy was not refused: %v\n%s", err, output)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
