package acceptance

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/aliyun/credentials-go/credentials"
)

// vectors are the scenarios that the provider's own chain of credentials is tested with.
const vectors = "../vectors/credentials"

// deliberate are the scenarios where the provider decides otherwise than the library, and why.
var deliberate = map[string]string{
	"cli-byte-order-mark":               "a mark that Windows programs write says nothing about the keys",
	"cli-line-break-in-key":             "a key with a line break signs nothing: refused where it is read",
	"cli-other-profiles-are-not-judged": "only the profile in use is judged",
	"environment-line-break":            "a key with a line break signs nothing: refused where it is read",
	"ini-in-any-case":                   "read as the library for Python reads an ini file",
	"environment-half-a-key":            "half a key in the environment is a mistake to name, not a reason to look for another account's key",
	"json-by-variable":                  "the alicloud provider reads the file of that variable in the form of the aliyun tool; both forms are taken",
}

// The default chain of the official library, as a judge: with the same home and environment it ends with the same
// AccessKey, or finds none either. Scenarios with a provider block, or with requests to a network, are not for it.
func TestDefaultChainAgrees(t *testing.T) {
	folders, err := os.ReadDir(vectors)
	must(t, err)
	judged := 0
	for _, folder := range folders {
		scenario := filepath.Join(vectors, folder.Name())
		if exists(scenario, "traffic.json") || exists(scenario, "block.json") {
			continue
		}
		expected := read(t, scenario, "expected.json")
		if _, whole := expected["caller"]; whole || expected["caller_error"] != nil {
			continue
		}
		judged++
		t.Run(folder.Name(), func(t *testing.T) {
			ours, _ := expected["access_key_id"].(string)
			theirs := defaultChain(t, scenario)
			if reason, differs := deliberate[folder.Name()]; differs == (ours == theirs) {
				t.Errorf("the provider ends with %q, the library with %q; known difference: %q", ours, theirs, reason)
			}
		})
	}
	if judged < 10 {
		t.Errorf("only %d scenarios were judged", judged)
	}
}

// askLibrary, in the environment, makes this program print what the library ends with.
const askLibrary = "MSS_ASK_LIBRARY"

// defaultChain is the AccessKey that the library ends with; empty if it finds none, or crashes, as it does over profiles
// that name each other. It runs in a process of its own, with the environment and the home folder of the scenario.
func defaultChain(t *testing.T, scenario string) string {
	t.Helper()
	home := t.TempDir()
	fill := strings.NewReplacer("{home}", home, "{server}", "http://127.0.0.1:9").Replace
	copyFiles(t, filepath.Join(scenario, "files"), home, fill)
	asked := exec.Command(os.Args[0])
	// No test waits for a metadata service.
	asked.Env = []string{askLibrary + "=1", "HOME=" + home, "PATH=" + os.Getenv("PATH"), "ALIBABA_CLOUD_ECS_METADATA_DISABLED=true"}
	for name, value := range read(t, scenario, "env.json") {
		asked.Env = append(asked.Env, name+"="+fill(value.(string)))
	}
	printed, err := asked.Output()
	if err != nil {
		return ""
	}
	return string(printed)
}

// printDefaultChain is the other side of defaultChain.
func printDefaultChain() {
	// What never ends is over sooner.
	debug.SetMaxStack(1 << 20)
	chain, err := credentials.NewCredential(nil)
	if err != nil {
		os.Exit(1)
	}
	found, err := chain.GetCredential()
	if err != nil || found.AccessKeyId == nil {
		os.Exit(1)
	}
	fmt.Print(*found.AccessKeyId)
}

func copyFiles(t *testing.T, from, to string, fill func(string) string) {
	t.Helper()
	if _, err := os.Stat(from); err != nil {
		return
	}
	must(t, filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, []byte(fill(string(text))), 0o600)
	}))
}

func exists(scenario, file string) bool {
	_, err := os.Stat(filepath.Join(scenario, file))
	return err == nil
}

func read(t *testing.T, scenario, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(scenario, file))
	must(t, err)
	fields := map[string]any{}
	must(t, json.Unmarshal(text, &fields))
	return fields
}
