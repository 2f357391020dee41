//! Security Center 2018-12-03: the two actions by which it makes and shows service-linked roles, as
//! the threat-detection resource of the alicloud provider calls them (SDK).

use serde_json::json;

use super::{
    action::{Action, ActionCall, Product, Strength},
    request::{ActionResult, fields},
    service_linked::{add_role, already_exists, no_such_service},
};

pub(super) const PRODUCT: Product = Product {
    code: "Sas",
    version: "2018-12-03",
    host: "tds.aliyuncs.com",
    actions: &[
        Action {
            name: "CreateServiceLinkedRole",
            strength: Strength::Sdk,
            permission: Some("yundun-sas:CreateServiceLinkedRole"),
            run: create_service_linked_role,
        },
        Action {
            name: "DescribeServiceLinkedRoleStatus",
            strength: Strength::Sdk,
            permission: Some("yundun-sas:DescribeServiceLinkedRoleStatus"),
            run: describe_service_linked_role_status,
        },
    ],
};

/// `ServiceLinkedRole` is the name of a role; the response to an unknown name is inferred.
fn create_service_linked_role(call: &mut ActionCall<'_>) -> ActionResult {
    let role_name = call.request.required("ServiceLinkedRole")?;
    if call.state.template_of_role(role_name).is_none() {
        return Err(no_such_service());
    }
    if call.state.role(&call.caller.account_id, role_name).is_some() {
        return Err(already_exists());
    }
    add_role(call, role_name)?;
    fields(json!({}))
}

fn describe_service_linked_role_status(call: &mut ActionCall<'_>) -> ActionResult {
    let role_name = call.request.required("ServiceLinkedRole")?;
    let exists = call.state.role(&call.caller.account_id, role_name).is_some();
    fields(json!({ "RoleStatus": { "Status": exists } }))
}
