//! Managed Security Service 2016-12-28: the subscription (documented). That its own role actions
//! mean AliyunServiceRoleForMssp is inferred.

use serde_json::json;

use super::{
    fault::{Fault, Kind},
    request::{Answer, Caller, Refusal, Request, fields, set},
    state::State,
};
use crate::cloud::api::mssp::action;

/// Carries out an action; `None` if the product has no such action.
pub(super) fn handle(
    state: &mut State,
    caller: &Caller,
    request: &Request,
    fault: Option<&Fault>,
) -> Option<Answer> {
    Some(match request.action()? {
        action::GET_USER_STATUS => get_user_status(state, caller, fault),
        "CreateServiceLinkedRole" => create_service_linked_role(state, caller),
        "DescribeServiceLinkedRole" => {
            let granted = state.role(&caller.account_id, MSS_ROLE).is_some();
            fields(json!({ "EntityRoleGrant": granted }))
        }
        _ => return None,
    })
}

fn get_user_status(state: &mut State, caller: &Caller, fault: Option<&Fault>) -> Answer {
    if fault.is_some_and(|fault| fault.kind == Kind::SuccessFalse) {
        return fields(
            json!({ "Code": "500", "Message": "SYSTEM_ERROR", "HttpStatusCode": 500, "Success": false }),
        );
    }
    let subscription = &state.own_account(caller)?.subscription;
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
    fields(
        json!({ "Code": "200", "Message": "SUCCESS", "HttpStatusCode": 200, "Success": true, "Data": data }),
    )
}

fn create_service_linked_role(state: &mut State, caller: &Caller) -> Answer {
    if state.role(&caller.account_id, MSS_ROLE).is_some() {
        return Err(Refusal::new(409, "EntityAlreadyExists.Role", "The role already exists."));
    }
    state.add_role(caller, MSS_ROLE)?;
    fields(json!({}))
}

const MSS_ROLE: &str = "AliyunServiceRoleForMssp";
