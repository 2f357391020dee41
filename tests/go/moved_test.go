package acceptance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

const managed = "alicloud_resource_manager_service_linked_role"

// roleType is the state of alicloud's resource, as that provider documents it.
var roleType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"id": tftypes.String, "service_name": tftypes.String, "custom_suffix": tftypes.String, "description": tftypes.String,
	"role_name": tftypes.String, "role_id": tftypes.String, "arn": tftypes.String, "status": tftypes.String,
}}

// alicloud stands in for the alicloud provider: it writes the state that the real one writes of one role, and leaves the
// cloud alone. What every provider answers it inherits from the echo provider.
type alicloud struct {
	tfprotov6.ProviderServer
	role map[string]string
}

func newAlicloud(role map[string]string) func() (tfprotov6.ProviderServer, error) {
	return func() (tfprotov6.ProviderServer, error) {
		echo, err := echoprovider.NewProviderServer()()
		return &alicloud{ProviderServer: echo, role: role}, err
	}
}

func (a *alicloud) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	block := &tfprotov6.SchemaBlock{}
	for name, of := range roleType.AttributeTypes {
		required := name == "service_name"
		optional := name == "custom_suffix" || name == "description"
		block.Attributes = append(block.Attributes, &tfprotov6.SchemaAttribute{
			Name: name, Type: of, Required: required, Optional: optional, Computed: !required && !optional,
		})
	}
	return &tfprotov6.GetProviderSchemaResponse{
		Provider:        &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}},
		ResourceSchemas: map[string]*tfprotov6.Schema{managed: {Block: block}},
	}, nil
}

func (a *alicloud) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (a *alicloud) ValidateProviderConfig(_ context.Context, request *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (a *alicloud) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (a *alicloud) PlanResourceChange(_ context.Context, request *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	state, err := a.written()
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: state}, err
}

func (a *alicloud) ApplyResourceChange(_ context.Context, request *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return &tfprotov6.ApplyResourceChangeResponse{NewState: request.PlannedState}, nil
}

func (a *alicloud) UpgradeResourceState(context.Context, *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	state, err := a.written()
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: state}, err
}

// written is the role's state.
func (a *alicloud) written() (*tfprotov6.DynamicValue, error) {
	attributes := map[string]tftypes.Value{}
	for name := range roleType.AttributeTypes {
		attributes[name] = tftypes.NewValue(tftypes.String, nil)
		if value, known := a.role[name]; known {
			attributes[name] = tftypes.NewValue(tftypes.String, value)
		}
	}
	value, err := tfprotov6.NewDynamicValue(roleType, tftypes.NewValue(roleType, attributes))
	return &value, err
}

// roleID is what the cloud calls a role.
func (c *cloud) roleID(t *testing.T, accountID, roleName string) string {
	t.Helper()
	response, err := http.Get(c.Endpoint + "/_emulator/state")
	must(t, err)
	defer response.Body.Close()
	var state struct {
		Accounts map[string]struct {
			Roles map[string]struct {
				RoleID string `json:"role_id"`
			} `json:"roles"`
		} `json:"accounts"`
	}
	must(t, json.NewDecoder(response.Body).Decode(&state))
	return state.Accounts[accountID].Roles[roleName].RoleID
}

// A role of a member account: with alicloud by a provider block of that account, here by account_id.
func TestMovedFromAlicloud(t *testing.T) {
	cloud := startCloud(t)
	cloud.addRole(t, member, esaMssp)
	t.Setenv("TF_ACC_PROVIDER_NAMESPACE", "aliyun")
	arn := "acs:ram::" + member + ":role/aliyunserviceroleforesamssp"
	held := map[string]string{
		"id": "esa.mssp.aliyuncs.com:" + esaMssp, "service_name": "esa.mssp.aliyuncs.com", "role_name": esaMssp,
		"role_id": cloud.roleID(t, member, esaMssp), "arn": arn, "status": "",
	}
	const head = "terraform {\n  required_providers {\n    mss      = { source = \"mss-iac/mss\" }\n" +
		"    alicloud = { source = \"aliyun/alicloud\" }\n  }\n}\n"
	old := fmt.Sprintf("resource %q \"this\" {\n  service_name = \"esa.mssp.aliyuncs.com\"\n}\n", managed)
	moved := fmt.Sprintf("moved {\n  from = %s.this\n  to   = %s\n}\n", managed, basic)
	resource.Test(t, resource.TestCase{
		ExternalProviders:        provider,
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"alicloud": newAlicloud(held)},
		CheckDestroy:             func(*terraform.State) error { return cloud.noRoles() },
		Steps: []resource.TestStep{
			{Config: head + old},
			{
				Config:           head + role(esaMssp, fmt.Sprintf("account_id = %q", member)) + moved,
				ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(basic, attribute("account_id"), knownvalue.StringExact(member)),
					statecheck.ExpectKnownValue(basic, attribute("arn"), knownvalue.StringExact(arn)),
					statecheck.ExpectKnownValue(basic, attribute("role_id"), knownvalue.StringExact(held["role_id"])),
				},
			},
		},
	})
}
