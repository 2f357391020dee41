package acceptance

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// binaries is the folder of the two programs under test.
var binaries string

func TestMain(m *testing.M) {
	if os.Getenv(askLibrary) != "" {
		printDefaultChain()
		return
	}
	status, err := run(m)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(status)
}

// run lets Terraform find the provider in a mirror, and nothing anywhere else.
func run(m *testing.M) (int, error) {
	folder, err := filepath.Abs(os.Getenv("MSS_BINARIES"))
	if err != nil || os.Getenv("MSS_BINARIES") == "" {
		return 0, fmt.Errorf("MSS_BINARIES must name the folder of terraform-provider-mss and mss-emulator")
	}
	binaries = folder
	work, err := os.MkdirTemp("", "mss-acceptance")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	if err := makeMirror(filepath.Join(work, "mirror")); err != nil {
		return 0, err
	}
	settings := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.Join(work, "mirror"))
	if err := writeSettings(filepath.Join(work, "cli.tfrc"), settings); err != nil {
		return 0, err
	}
	os.Setenv("TF_ACC", "1")
	return m.Run(), nil
}

// writeSettings makes every Terraform from now on read this configuration.
func writeSettings(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Setenv("TF_CLI_CONFIG_FILE", path)
}

// makeMirror lays the provider out as an unpacked filesystem mirror.
func makeMirror(folder string) error {
	provider := filepath.Join(binaries, "terraform-provider-mss")
	printed, err := exec.Command(provider, "-version").Output()
	if err != nil {
		return fmt.Errorf("%s -version: %w", provider, err)
	}
	// "terraform-provider-mss 0.1.0 (…)"
	version := strings.Fields(string(printed))[1]
	platform := runtime.GOOS + "_" + runtime.GOARCH
	place := filepath.Join(folder, "registry.terraform.io", "mss-iac", "mss", version, platform)
	if err := os.MkdirAll(place, 0o700); err != nil {
		return err
	}
	return os.Symlink(provider, filepath.Join(place, "terraform-provider-mss_v"+version))
}
