package acceptance

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// mentions is a check for a text that names all of these.
func mentions(parts ...string) func(string) error {
	return func(text string) error {
		for _, part := range parts {
			if !strings.Contains(text, part) {
				return fmt.Errorf("%q does not mention %q", text, part)
			}
		}
		return nil
	}
}

func output(name, expression string) string {
	return fmt.Sprintf("output %q {\n  value = %s\n}\n", name, expression)
}

func TestFunctions(t *testing.T) {
	cloud := startCloud(t)
	accept(t, cloud, resource.TestStep{
		Config: output("arn", fmt.Sprintf("provider::mss::role_arn(%q, %q)", account, mssp)) +
			output("service", fmt.Sprintf("provider::mss::service_name(%q)", esaMssp)) +
			output("parsed", fmt.Sprintf("provider::mss::parse_role_arn(%q)", basicARN)),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValue("arn", knownvalue.StringExact(basicARN)),
			statecheck.ExpectKnownOutputValue("service", knownvalue.StringExact("esa.mssp.aliyuncs.com")),
			statecheck.ExpectKnownOutputValue("parsed", knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"account_id": knownvalue.StringExact(account),
				"role_name":  knownvalue.StringExact(mssp),
			})),
		},
	})
}

func TestFunctionErrors(t *testing.T) {
	cloud := startCloud(t)
	steps := []resource.TestStep{}
	for expression, expected := range map[string]string{
		"provider::mss::role_arn(\"me\", \"x\")":                   "not an account ID",
		"provider::mss::service_name(\"AliyunServiceRoleForMss\")": "Did you mean",
		"provider::mss::parse_role_arn(null)":                      "must not be null",
	} {
		steps = append(steps, resource.TestStep{
			Config: output("refused", expression),
			// Terraform breaks lines where it likes.
			ExpectError: regexp.MustCompile(strings.ReplaceAll(expected, " ", `\s+`)),
		})
	}
	accept(t, cloud, steps...)
}
