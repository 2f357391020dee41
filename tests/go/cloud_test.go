package acceptance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const (
	account  = "1234567890123456"
	member   = "2222222222222222"
	mssp     = "AliyunServiceRoleForMssp"
	esaMssp  = "AliyunServiceRoleForESAMssp"
	basic    = "mss_service_linked_role.this"
	basicID  = account + ":" + mssp
	basicARN = "acs:ram::" + account + ":role/aliyunserviceroleformssp"
)

// seed has two accounts without a subscription, so that the roles can be destroyed at the end.
const seed = `{
  "accounts": {
    "1234567890123456": {
      "access_keys": { "EmulatorKey": "EmulatorSecret" },
      "subscription": { "status": "NotEnabled" }
    },
    "2222222222222222": { "subscription": { "status": "NotEnabled" } }
  }
}`

// cloud is an emulator of one test, in the words of the line that it announces itself with.
type cloud struct {
	Endpoint        string `json:"endpoint"`
	AccessKeyID     string `json:"access_key_id"`
	AccessKeySecret string `json:"access_key_secret"`
}

// startCloud gives the test, and every process that it starts, a cloud of its own.
func startCloud(t *testing.T) *cloud {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seed.json")
	must(t, os.WriteFile(file, []byte(seed), 0o600))
	line := startProgram(t, "mss-emulator", "serve", "--seed", file)
	var started cloud
	must(t, json.Unmarshal([]byte(line()), &started))
	t.Setenv("MSS_ENDPOINT_URL", started.Endpoint)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", started.AccessKeyID)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", started.AccessKeySecret)
	return &started
}

// startProgram runs one of our programs until the end of the test; what it returns reads a line of its output.
func startProgram(t *testing.T, name string, arguments ...string) func() string {
	t.Helper()
	program := exec.Command(filepath.Join(binaries, name), arguments...)
	program.Stderr = os.Stderr
	stdout, err := program.StdoutPipe()
	must(t, err)
	must(t, program.Start())
	t.Cleanup(func() {
		_ = program.Process.Signal(os.Interrupt)
		_ = program.Wait()
	})
	lines := bufio.NewReader(stdout)
	return func() string {
		line, err := lines.ReadString('\n')
		must(t, err)
		return line
	}
}

// control makes a call of the emulator's own.
func (c *cloud) control(t *testing.T, method, path string, body any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	must(t, err)
	request, err := http.NewRequest(method, c.Endpoint+"/_emulator/"+path, bytes.NewReader(encoded))
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %s", method, path, response.Status, text)
	}
}

// addRole makes a role as the console does.
func (c *cloud) addRole(t *testing.T, accountID, roleName string) {
	t.Helper()
	c.control(t, http.MethodPost, "accounts/"+accountID+"/roles", map[string]string{"role_name": roleName})
}

// removeRole deletes a role behind Terraform's back.
func (c *cloud) removeRole(t *testing.T, accountID, roleName string) {
	t.Helper()
	c.control(t, http.MethodDelete, "accounts/"+accountID+"/roles/"+roleName, nil)
}

// subscribe sets the status of the MSS subscription: "Enabled" or "NotEnabled".
func (c *cloud) subscribe(t *testing.T, status string) {
	t.Helper()
	subscription := map[string]string{"status": status, "version": "mdrgaoji", "end_date": "2099-01-01 00:00:00"}
	c.control(t, http.MethodPut, "accounts/"+account+"/subscription", subscription)
}

// noRoles fails if an account has a role left.
func (c *cloud) noRoles() error {
	response, err := http.Get(c.Endpoint + "/_emulator/state")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var state struct {
		Accounts map[string]struct {
			Roles map[string]any `json:"roles"`
		} `json:"accounts"`
	}
	if err := json.NewDecoder(response.Body).Decode(&state); err != nil {
		return err
	}
	for accountID, held := range state.Accounts {
		if _, left := held.Roles[mssp]; left || held.Roles[esaMssp] != nil {
			return fmt.Errorf("account %s still has roles: %v", accountID, held.Roles)
		}
	}
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
