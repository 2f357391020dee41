package acceptance

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What the registry demands of the documentation, on the schema that Terraform gets from the binary.
func TestDocumentation(t *testing.T) {
	schema := filepath.Join(t.TempDir(), "schema.json")
	must(t, os.WriteFile(schema, providerSchema(t), 0o600))
	check := exec.Command("go", "tool", "tfplugindocs", "validate",
		"--provider-dir", "../..", "--provider-name", "mss", "--providers-schema", schema)
	if printed, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, printed)
	}
}

// providerSchema is what `terraform providers schema -json` prints, under the only name that the tool looks for.
func providerSchema(t *testing.T) []byte {
	t.Helper()
	folder := t.TempDir()
	config := "terraform {\n  required_providers {\n    mss = { source = \"mss-iac/mss\" }\n  }\n}\n"
	must(t, os.WriteFile(filepath.Join(folder, "main.tf"), []byte(config), 0o600))
	runTerraform(t, folder, "init")
	printed := runTerraform(t, folder, "providers", "schema", "-json")
	start := bytes.IndexByte(printed, '{')
	if start < 0 {
		t.Fatalf("no schema: %s", printed)
	}
	var schema struct {
		FormatVersion   string                     `json:"format_version"`
		ProviderSchemas map[string]json.RawMessage `json:"provider_schemas"`
	}
	must(t, json.Unmarshal(printed[start:], &schema))
	schema.ProviderSchemas = map[string]json.RawMessage{
		"registry.terraform.io/hashicorp/mss": schema.ProviderSchemas["registry.terraform.io/mss-iac/mss"],
	}
	renamed, err := json.Marshal(schema)
	must(t, err)
	return renamed
}

func runTerraform(t *testing.T, folder string, arguments ...string) []byte {
	t.Helper()
	command := exec.Command(terraformPath(t), arguments...)
	command.Dir = folder
	command.Stderr = os.Stderr
	printed, err := command.Output()
	if err != nil {
		t.Fatalf("terraform %v: %v\n%s", arguments, err, printed)
	}
	return printed
}

// terraformPath is the Terraform that the framework uses too.
func terraformPath(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("TF_ACC_TERRAFORM_PATH"); named != "" {
		return named
	}
	found, err := exec.LookPath("terraform")
	must(t, err)
	return found
}
