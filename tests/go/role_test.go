package acceptance

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// provider comes from the mirror of TestMain.
var provider = map[string]resource.ExternalProvider{"mss": {Source: "mss-iac/mss"}}

// accept runs the steps, and sees that the last destroy of the framework has left no role.
func accept(t *testing.T, cloud *cloud, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{
		ExternalProviders: provider,
		CheckDestroy:      func(*terraform.State) error { return cloud.noRoles() },
		Steps:             steps,
	})
}

func role(roleName, arguments string) string {
	return fmt.Sprintf("resource \"mss_service_linked_role\" \"this\" {\n  role_name = %q\n  %s\n}\n", roleName, arguments)
}

// planned are checks of the plan before its apply.
func planned(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

func action(of plancheck.ResourceActionType) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(basic, of)
}

func attribute(name string) tfjsonpath.Path { return tfjsonpath.New(name) }

func TestLifecycle(t *testing.T) {
	cloud := startCloud(t)
	accept(t, cloud,
		resource.TestStep{
			Config: role(mssp, fmt.Sprintf("account_id = %q", account)),
			ConfigPlanChecks: planned(
				action(plancheck.ResourceActionCreate),
				plancheck.ExpectKnownValue(basic, attribute("id"), knownvalue.StringExact(basicID)),
				plancheck.ExpectKnownValue(basic, attribute("policy_name"), knownvalue.StringExact("AliyunServiceRolePolicyForMssp")),
				plancheck.ExpectKnownValue(basic, attribute("deletion_policy"), knownvalue.StringExact("delete")),
				plancheck.ExpectKnownValue(basic, attribute("adopted"), knownvalue.Bool(false)),
				plancheck.ExpectUnknownValue(basic, attribute("role_id")),
				plancheck.ExpectUnknownValue(basic, attribute("create_date")),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(basic, attribute("arn"), knownvalue.StringExact(basicARN)),
				statecheck.ExpectKnownValue(basic, attribute("role_id"), knownvalue.NotNull()),
				statecheck.ExpectIdentity(basic, map[string]knownvalue.Check{
					"account_id": knownvalue.StringExact(account),
					"role_name":  knownvalue.StringExact(mssp),
				}),
				statecheck.ExpectIdentityValueMatchesState(basic, attribute("account_id")),
				statecheck.ExpectIdentityValueMatchesState(basic, attribute("role_name")),
			},
		},
		// The account of the credentials is the one that was named.
		resource.TestStep{Config: role(mssp, ""), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		resource.TestStep{
			Config: role(mssp, "deletion_policy = \"abandon\""),
			ConfigPlanChecks: planned(
				action(plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(basic, attribute("role_id"), knownvalue.NotNull()),
			),
		},
		resource.TestStep{Config: role(mssp, ""), ConfigPlanChecks: planned(action(plancheck.ResourceActionUpdate))},
		resource.TestStep{
			Config:           role(esaMssp, ""),
			ConfigPlanChecks: planned(action(plancheck.ResourceActionDestroyBeforeCreate)),
		},
	)
}

func TestDestroyIsRefusedDuringTheSubscription(t *testing.T) {
	cloud := startCloud(t)
	accept(t, cloud,
		resource.TestStep{Config: role(mssp, "")},
		resource.TestStep{
			PreConfig:   func() { cloud.subscribe(t, "Enabled") },
			Config:      role(mssp, ""),
			Destroy:     true,
			ExpectError: regexp.MustCompile("MSS subscription is active"),
		},
		resource.TestStep{
			PreConfig:        func() { cloud.subscribe(t, "NotEnabled") },
			Config:           role(mssp, ""),
			ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
		},
	)
}

func TestDestroyIsPrevented(t *testing.T) {
	cloud := startCloud(t)
	accept(t, cloud,
		resource.TestStep{Config: role(mssp, "deletion_policy = \"prevent\"")},
		resource.TestStep{
			Config:      role(mssp, "deletion_policy = \"prevent\""),
			Destroy:     true,
			ExpectError: regexp.MustCompile("Destroying the role is prevented"),
		},
		resource.TestStep{Config: role(mssp, "")},
	)
}

func TestRoleDisappears(t *testing.T) {
	cloud := startCloud(t)
	accept(t, cloud,
		resource.TestStep{Config: role(mssp, "")},
		resource.TestStep{
			PreConfig:        func() { cloud.removeRole(t, account, mssp) },
			Config:           role(mssp, ""),
			ConfigPlanChecks: planned(action(plancheck.ResourceActionCreate)),
		},
	)
}

func TestRoleExistsAlready(t *testing.T) {
	cloud := startCloud(t)
	cloud.addRole(t, account, mssp)
	accept(t, cloud,
		resource.TestStep{Config: role(mssp, ""), ExpectError: regexp.MustCompile("Service-linked role already exists")},
		resource.TestStep{
			Config: role(mssp, "adopt_existing = true\n  deletion_policy = \"delete\""),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(basic, attribute("adopted"), knownvalue.Bool(true)),
			},
		},
	)
}

// later is known only after its apply.
const later = "resource \"terraform_data\" \"later\" {\n  input = %q\n}\n"

func TestUnknownRoleName(t *testing.T) {
	cloud := startCloud(t)
	config := fmt.Sprintf(later, mssp) +
		"resource \"mss_service_linked_role\" \"this\" {\n  role_name = terraform_data.later.output\n}\n"
	accept(t, cloud,
		resource.TestStep{
			Config: config,
			ConfigPlanChecks: planned(
				plancheck.ExpectUnknownValue(basic, attribute("role_name")),
				plancheck.ExpectUnknownValue(basic, attribute("policy_name")),
			),
		},
		resource.TestStep{Config: config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
	)
}

func TestUnknownProviderConfiguration(t *testing.T) {
	cloud := startCloud(t)
	config := fmt.Sprintf(later, "module") +
		"provider \"mss\" {\n  configuration_source = terraform_data.later.output\n}\n" + role(mssp, "")
	accept(t, cloud,
		resource.TestStep{Config: config, ConfigPlanChecks: planned(action(plancheck.ResourceActionCreate))},
		resource.TestStep{Config: config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
	)
}

// The echo provider lives in this process, ours in its own.
func TestBesideAnInProcessProvider(t *testing.T) {
	cloud := startCloud(t)
	resource.Test(t, resource.TestCase{
		ExternalProviders: provider,
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"echo": echoprovider.NewProviderServer(),
		},
		CheckDestroy: func(*terraform.State) error { return cloud.noRoles() },
		Steps: []resource.TestStep{{
			Config: role(mssp, "") + "provider \"echo\" {\n  data = mss_service_linked_role.this.arn\n}\nresource \"echo\" \"this\" {}\n",
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("echo.this", attribute("data"), knownvalue.StringExact(basicARN)),
			},
		}},
	})
}
