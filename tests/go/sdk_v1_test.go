package acceptance

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// The SDK that signs in version 1, which much software still uses.
type oldSDK struct {
	client *sdk.Client
	host   string
}

func newOldSDK(t *testing.T, cloud *cloud, secret string) *oldSDK {
	t.Helper()
	client, err := sdk.NewClientWithAccessKey("cn-hangzhou", cloud.AccessKeyID, secret)
	must(t, err)
	return &oldSDK{client: client, host: strings.TrimPrefix(cloud.Endpoint, "http://")}
}

// call answers the fields of the response.
func (s *oldSDK) call(version, action string, parameters map[string]string) (map[string]any, error) {
	request := requests.NewCommonRequest()
	request.Method = requests.POST
	request.Scheme = requests.HTTP
	request.Domain = s.host
	request.Version = version
	request.ApiName = action
	for name, value := range parameters {
		request.QueryParams[name] = value
	}
	response, err := s.client.ProcessCommonRequest(request)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	return fields, json.Unmarshal(response.GetHttpContentBytes(), &fields)
}

func TestOldSDK(t *testing.T) {
	cloud := startCloud(t)
	old := newOldSDK(t, cloud, cloud.AccessKeySecret)
	caller, err := old.call("2015-04-01", "GetCallerIdentity", nil)
	must(t, err)
	if caller["AccountId"] != account {
		t.Errorf("caller: %v", caller)
	}
	byName := map[string]string{"RoleName": esaMssp}
	const ram, resourceManager = "2015-05-01", "2020-03-31"
	expectCode(t, "EntityNotExist.Role", func() error { _, err := old.call(ram, "GetRole", byName); return err })
	service := map[string]string{"ServiceName": "esa.mssp.aliyuncs.com"}
	_, err = old.call(resourceManager, "CreateServiceLinkedRole", service)
	must(t, err)
	expectCode(t, "EntityAlreadyExists.Role", func() error {
		_, err := old.call(resourceManager, "CreateServiceLinkedRole", service)
		return err
	})
	found, err := old.call(ram, "GetRole", byName)
	must(t, err)
	if held, _ := found["Role"].(map[string]any); held["RoleName"] != esaMssp {
		t.Errorf("role: %v", found)
	}
	deleted, err := old.call(resourceManager, "DeleteServiceLinkedRole", byName)
	must(t, err)
	if task, _ := deleted["DeletionTaskId"].(string); task == "" {
		t.Errorf("deletion: %v", deleted)
	}
}

func TestOldSDKWithAWrongSecret(t *testing.T) {
	cloud := startCloud(t)
	stranger := newOldSDK(t, cloud, "another")
	_, err := stranger.call("2015-04-01", "GetCallerIdentity", nil)
	var refused *sdkerrors.ServerError
	if !errors.As(err, &refused) || refused.ErrorCode() != "SignatureDoesNotMatch" {
		t.Fatalf("SignatureDoesNotMatch was expected: %v", err)
	}
	// What the SDK makes of a wrong signature over the very text that it has signed.
	if !strings.HasPrefix(refused.Recommend(), "InvalidAccessKeySecret") {
		t.Errorf("recommended: %q", refused.Recommend())
	}
}

func expectCode(t *testing.T, code string, call func() error) {
	t.Helper()
	var refused sdkerrors.Error
	if err := call(); !errors.As(err, &refused) || refused.ErrorCode() != code {
		t.Errorf("%s was expected: %v", code, err)
	}
}
