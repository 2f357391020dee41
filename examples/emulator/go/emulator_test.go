package mssemulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const role = "AliyunServiceRoleForMssp"

// Each has a cloud of its own, so both find it empty.
func TestOne(t *testing.T)     { makesTheRole(t) }
func TestAnother(t *testing.T) { makesTheRole(t) }

func makesTheRole(t *testing.T) {
	t.Parallel()
	cloud := Start(t)
	if roles(t, cloud)[role] != nil {
		t.Fatal("the role is there before it was made")
	}
	url := cloud.Endpoint + "/_emulator/accounts/" + cloud.AccountID + "/roles"
	answer, err := http.Post(url, "application/json", strings.NewReader(`{"role_name": "`+role+`"}`))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	if roles(t, cloud)[role] == nil {
		t.Fatal("the role was not made")
	}
}

func roles(t *testing.T, cloud Cloud) map[string]any {
	t.Helper()
	answer, err := http.Get(cloud.Endpoint + "/_emulator/state")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var state struct {
		Accounts map[string]struct{ Roles map[string]any }
	}
	if err := json.NewDecoder(answer.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	return state.Accounts[cloud.AccountID].Roles
}
