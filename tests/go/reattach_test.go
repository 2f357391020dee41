package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// The provider runs already, as under a debugger, and serves every Terraform of the test; no mirror has it.
func TestReattached(t *testing.T) {
	cloud := startCloud(t)
	line := startProgram(t, "terraform-provider-mss", "-debug")
	variable := ""
	for variable == "" {
		if text := strings.TrimSpace(line()); strings.HasPrefix(text, "TF_REATTACH_PROVIDERS=") {
			variable = text
		}
	}
	settings := filepath.Join(t.TempDir(), "cli.tfrc")
	t.Setenv("TF_CLI_CONFIG_FILE", settings)
	must(t, writeSettings(settings, fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", t.TempDir())))
	t.Setenv("TF_ACC_TERRAFORM_PATH", attachingTerraform(t, variable))
	accept(t, cloud,
		resource.TestStep{Config: role(mssp, ""), ConfigPlanChecks: planned(action(plancheck.ResourceActionCreate))},
		resource.TestStep{ResourceName: basic, ImportState: true, ImportStateId: basicID, ImportStateVerify: true},
	)
}

// attachingTerraform is a Terraform with a variable that the framework would set to its own, empty, value.
func attachingTerraform(t *testing.T, variable string) string {
	t.Helper()
	script := filepath.Join(t.TempDir(), "terraform")
	text := fmt.Sprintf("#!/bin/sh\nexport %s\nexec '%s' \"$@\"\n", variable, terraformPath(t))
	must(t, os.WriteFile(script, []byte(text), 0o700))
	return script
}
