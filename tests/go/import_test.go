package acceptance

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"
)

func TestImports(t *testing.T) {
	cloud := startCloud(t)
	steps := []resource.TestStep{{Config: role(mssp, "")}}
	for _, id := range []string{mssp, basicID, "mssp.aliyuncs.com:" + mssp} {
		steps = append(steps, resource.TestStep{
			ResourceName: basic, ImportState: true, ImportStateId: id, ImportStateVerify: true,
		})
	}
	steps = append(steps,
		resource.TestStep{
			ResourceName: basic, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: basicID,
		},
		resource.TestStep{
			ResourceName: basic, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity,
		},
	)
	accept(t, cloud, steps...)
}

// An import knows nothing of the arguments that only Terraform keeps.
func TestImportIgnoresWhatOnlyTerraformKeeps(t *testing.T) {
	cloud := startCloud(t)
	accept(t, cloud,
		resource.TestStep{Config: role(mssp, "deletion_policy = \"abandon\"\n  timeouts = { create = \"1m\" }")},
		resource.TestStep{
			ResourceName: basic, ImportState: true, ImportStateId: basicID, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"deletion_policy", "adopt_existing", "timeouts"},
		},
		resource.TestStep{Config: role(mssp, "")},
	)
}

func TestQuery(t *testing.T) {
	cloud := startCloud(t)
	cloud.addRole(t, account, mssp)
	cloud.addRole(t, member, esaMssp)
	list := fmt.Sprintf(`
list "mss_service_linked_role" "all" {
  provider = mss

  config {
    account_ids = [%q, %q]
  }
}
`, account, member)
	identity := func(accountID, roleName string) map[string]knownvalue.Check {
		return map[string]knownvalue.Check{
			"account_id": knownvalue.StringExact(accountID), "role_name": knownvalue.StringExact(roleName),
		}
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		ExternalProviders:      provider,
		Steps: []resource.TestStep{{
			Query: true, Config: list,
			QueryResultChecks: []querycheck.QueryResultCheck{
				querycheck.ExpectLength("mss_service_linked_role.all", 2),
				querycheck.ExpectIdentity("mss_service_linked_role.all", identity(account, mssp)),
				querycheck.ExpectIdentity("mss_service_linked_role.all", identity(member, esaMssp)),
				querycheck.ExpectResourceDisplayName(
					"mss_service_linked_role.all",
					queryfilter.ByResourceIdentity(identity(member, esaMssp)),
					knownvalue.StringFunc(mentions(member, esaMssp)),
				),
			},
		}},
	})
}
