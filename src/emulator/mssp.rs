//! Managed Security Service 2016-12-28: the subscription (documented). That its own role actions
//! mean AliyunServiceRoleForMssp is inferred.

use serde_json::{Value as Json, json};

use super::{
    action::{Action, ActionCall, Product, Strength},
    fault::Kind,
    request::{ActionResult, fields, set},
    service_linked::{add_role, already_exists},
};
use crate::cloud::api::mssp::action;

pub(super) const PRODUCT: Product = Product {
    code: "mssp",
    version: "2016-12-28",
    host: "mssp.aliyuncs.com",
    actions: &[
        Action {
            name: action::GET_USER_STATUS,
            strength: Strength::Documented,
            permission: Some("yundun-mss:GetUserStatus"),
            run: get_user_status,
        },
        Action {
            name: "CreateServiceLinkedRole",
            strength: Strength::Inferred,
            permission: Some("yundun-mss:CreateServiceLinkedRole"),
            run: create_service_linked_role,
        },
        Action {
            name: "DescribeServiceLinkedRole",
            strength: Strength::Inferred,
            permission: Some("yundun-mss:DescribeServiceLinkedRole"),
            run: describe_service_linked_role,
        },
    ],
};

fn get_user_status(call: &mut ActionCall<'_>) -> ActionResult {
    if matches!(call.fault, Some(Kind::SuccessFalse {})) {
        return fields(
            json!({ "Code": "500", "Message": "SYSTEM_ERROR", "HttpStatusCode": 500, "Success": false }),
        );
    }
    let data = subscription(call)?;
    fields(
        json!({ "Code": "200", "Message": "SUCCESS", "HttpStatusCode": 200, "Success": true, "Data": data }),
    )
}

fn subscription(call: &mut ActionCall<'_>) -> Result<Json, super::request::Refusal> {
    let subscription = &call.state.own_account(call.caller)?.subscription;
    let mut data = json!({ "Status": subscription.status });
    for (name, value) in [
        ("Version", &subscription.version),
        ("CustomerType", &subscription.customer_type),
        ("InstanceId", &subscription.instance_id),
        ("StartDate", &subscription.start_date),
        ("EndDate", &subscription.end_date),
    ] {
        if let Some(value) = value {
            set(&mut data, name, value.as_str());
        }
    }
    Ok(data)
}

fn create_service_linked_role(call: &mut ActionCall<'_>) -> ActionResult {
    if call.state.role(&call.caller.account_id, MSS_ROLE).is_some() {
        return Err(already_exists());
    }
    add_role(call, MSS_ROLE)?;
    fields(json!({}))
}

fn describe_service_linked_role(call: &mut ActionCall<'_>) -> ActionResult {
    let granted = call.state.role(&call.caller.account_id, MSS_ROLE).is_some();
    fields(json!({ "EntityRoleGrant": granted }))
}

const MSS_ROLE: &str = "AliyunServiceRoleForMssp";
