package acceptance

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

func TestRole(t *testing.T) {
	const role = "mss_service_linked_role.esa"
	resource.Test(t, resource.TestCase{
		ExternalProviders: map[string]resource.ExternalProvider{"mss": {Source: "mss-iac/mss"}},
		Steps: []resource.TestStep{
			{
				// The subscription of the emulated account is active: the role stays when the test ends.
				Config: `
resource "mss_service_linked_role" "esa" {
  role_name       = "AliyunServiceRoleForESAMssp"
  deletion_policy = "abandon"
}
`,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(role, tfjsonpath.New("adopted"), knownvalue.Bool(false)),
				},
			},
			{
				ResourceName:            role,
				ImportState:             true,
				ImportStateId:           "AliyunServiceRoleForESAMssp",
				ImportStateVerify:       true,
				ImportStateVerifyIgnore: []string{"deletion_policy"},
			},
		},
	})
}
