//! Texts that practitioners write: import IDs, durations, ARNs, account IDs, role and service names.

#![no_main]

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use libfuzzer_sys::fuzz_target;
use terraform_provider_mss::{
    framework::{
        provider::Provider,
        resource::Resource,
        server::Server,
        value::{Object, Value},
    },
    provider::{Environment, Mss},
};

static SERVER: LazyLock<Server> = LazyLock::new(|| Server::new(Arc::new(Mss::new(Environment::default()))));
static RESOURCES: LazyLock<Vec<Arc<dyn Resource>>> =
    LazyLock::new(|| Mss::new(Environment::default()).resources());

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let value = Value::from(text);
    for resource in RESOURCES.iter() {
        if let Ok(imported) = resource.import(text) {
            let id = imported.state.string("role_name").known().expect("an imported role has a name");
            assert!(text.trim().ends_with(&id));
        }
        let mut identity = Object::empty();
        identity.set("account_id", text);
        identity.set("role_name", "AliyunServiceRoleForMssp");
        let _ = resource.import_identity(&identity);
    }
    let registered = SERVER.resource("mss_service_linked_role").expect("it is offered");
    let timeouts: BTreeMap<String, Value> =
        ["create", "read", "delete"].map(|name| (name.to_owned(), value.clone())).into();
    let config: Object = [
        ("role_name", value.clone()),
        ("account_id", value.clone()),
        ("service_name", value.clone()),
        ("deletion_policy", value.clone()),
        ("timeouts", Value::Map(timeouts.into_iter().collect())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect();
    SERVER.validate_resource_config(registered, config.into());
    for function in SERVER.functions() {
        let arguments = vec![value.clone(); function.definition().parameters.len()];
        let _ = function.call(&arguments);
    }
});
