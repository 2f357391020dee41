//! Every RPC of tfplugin6 is answered, also those for kinds that the provider does not offer.

use futures_util::StreamExt;

use serde_json::json;

use crate::support::{
    cloud::Cloud,
    provider_process::ProviderProcess,
    resource::Provider,
    rpc::tfplugin6::{self as wire, invoke_action::event},
};

/// The texts of one error that says what is not offered.
#[track_caller]
fn assert_absent(diagnostics: &[wire::Diagnostic], name: &str) {
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    assert_eq!(diagnostics[0].severity(), wire::diagnostic::Severity::Error);
    assert_eq!(diagnostics[0].summary, "Not offered by this provider");
    assert!(diagnostics[0].detail.contains(name), "{}", diagnostics[0].detail);
}

/// Calls an RPC with a request that only names a type, and checks its diagnostics.
macro_rules! absent {
    ($client:ident, $rpc:ident, $message:ident, $field:ident, $name:literal) => {
        let request = wire::$message::Request { $field: "mss_x".to_owned(), ..Default::default() };
        let answer = $client.$rpc(request).await.unwrap().into_inner();
        assert_absent(&answer.diagnostics, $name);
    };
}

#[tokio::test]
#[allow(clippy::needless_update, reason = "some requests have more fields than the type, some have not")]
async fn kinds_that_are_not_offered_say_so() {
    let process = ProviderProcess::start(&[]).await;
    let mut client = process.client();
    absent!(
        client,
        upgrade_resource_identity,
        upgrade_resource_identity,
        type_name,
        "resource type \"mss_x\""
    );
    absent!(client, generate_resource_config, generate_resource_config, type_name, "resource type \"mss_x\"");
    absent!(
        client,
        validate_data_resource_config,
        validate_data_resource_config,
        type_name,
        "data source \"mss_x\""
    );
    absent!(client, read_data_source, read_data_source, type_name, "data source \"mss_x\"");
    absent!(
        client,
        validate_ephemeral_resource_config,
        validate_ephemeral_resource_config,
        type_name,
        "ephemeral"
    );
    absent!(
        client,
        open_ephemeral_resource,
        open_ephemeral_resource,
        type_name,
        "ephemeral resource \"mss_x\""
    );
    absent!(
        client,
        renew_ephemeral_resource,
        renew_ephemeral_resource,
        type_name,
        "ephemeral resource \"mss_x\""
    );
    absent!(client, validate_list_resource_config, validate_list_resource_config, type_name, "list resource");
    absent!(client, validate_action_config, validate_action_config, type_name, "action \"mss_x\"");
    absent!(client, plan_action, plan_action, action_type, "action \"mss_x\"");
    absent!(client, validate_state_store_config, validate_state_store, type_name, "state store \"mss_x\"");
    absent!(client, configure_state_store, configure_state_store, type_name, "state store \"mss_x\"");
    absent!(client, lock_state, lock_state, type_name, "state store \"mss_x\"");
    absent!(client, unlock_state, unlock_state, type_name, "state store \"mss_x\"");
    absent!(client, get_states, get_states, type_name, "state store \"mss_x\"");
    absent!(client, delete_state, delete_state, type_name, "state store \"mss_x\"");
}

#[tokio::test]
async fn streams_of_kinds_that_are_not_offered_end() {
    let process = ProviderProcess::start(&[]).await;
    let mut client = process.client();

    let request = wire::list_resource::Request { type_name: "mss_x".to_owned(), ..Default::default() };
    let events: Vec<_> = client.list_resource(request).await.unwrap().into_inner().collect().await;
    assert_eq!(events.len(), 1);
    assert_absent(&events[0].as_ref().unwrap().diagnostic, "list resource \"mss_x\"");

    let request = wire::invoke_action::Request { action_type: "mss_x".to_owned(), ..Default::default() };
    let events: Vec<_> = client.invoke_action(request).await.unwrap().into_inner().collect().await;
    let Some(event::Type::Completed(completed)) = &events[0].as_ref().unwrap().r#type else {
        panic!("{events:?}")
    };
    assert_absent(&completed.diagnostics, "action \"mss_x\"");

    let request = wire::read_state_bytes::Request { type_name: "mss_x".to_owned(), ..Default::default() };
    let events: Vec<_> = client.read_state_bytes(request).await.unwrap().into_inner().collect().await;
    assert_absent(&events[0].as_ref().unwrap().diagnostics, "state store \"mss_x\"");

    let chunks = futures_util::stream::iter([wire::write_state_bytes::RequestChunk::default()]);
    let answer = client.write_state_bytes(chunks).await.unwrap().into_inner();
    assert_absent(&answer.diagnostics, "state store");
}

#[tokio::test]
async fn the_rest_answers_without_a_configuration() {
    let process = ProviderProcess::start(&[]).await;
    let mut client = process.client();
    let metadata = client.get_metadata(wire::get_metadata::Request {}).await.unwrap().into_inner();
    let names: Vec<_> = metadata.resources.iter().map(|resource| resource.type_name.as_str()).collect();
    assert_eq!(names, ["mss_service_linked_role"]);
    let names: Vec<_> = metadata.data_sources.iter().map(|found| found.type_name.as_str()).collect();
    let expected = [
        "mss_accounts",
        "mss_service_linked_role",
        "mss_service_linked_role_policy",
        "mss_service_linked_roles",
        "mss_subscription",
        "mss_subscriptions",
    ];
    assert_eq!(names, expected);
    assert_eq!(metadata.list_resources.len(), 1);
    let capabilities = metadata.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && capabilities.generate_resource_config);

    let identities = wire::get_resource_identity_schemas::Request {};
    let identities = client.get_resource_identity_schemas(identities).await.unwrap().into_inner();
    let identity = &identities.identity_schemas["mss_service_linked_role"];
    for attribute in &identity.identity_attributes {
        assert!(attribute.required_for_import != attribute.optional_for_import, "{}", attribute.name);
        assert!(!attribute.description.is_empty(), "{}", attribute.name);
    }
    let stored = br#"{"account_id":"1","role_name":"AliyunServiceRoleForMssp"}"#;
    let request = wire::upgrade_resource_identity::Request {
        type_name: "mss_service_linked_role".to_owned(),
        version: 0,
        raw_identity: Some(wire::RawState { json: stored.to_vec(), flatmap: Default::default() }),
    };
    let upgraded = client.upgrade_resource_identity(request).await.unwrap().into_inner();
    assert!(upgraded.upgraded_identity.is_some() && upgraded.diagnostics.is_empty());
    let functions = client.get_functions(wire::get_functions::Request {}).await.unwrap().into_inner();
    assert_eq!(functions.functions.len(), metadata.functions.len());
    assert!(functions.functions.values().all(|function| function.r#return.is_some()));
    let request = wire::call_function::Request { name: "nothing".to_owned(), arguments: Vec::new() };
    let called = client.call_function(request).await.unwrap().into_inner();
    assert!(called.error.unwrap().text.contains("function \"nothing\""));
    let request = wire::close_ephemeral_resource::Request::default();
    let closed = client.close_ephemeral_resource(request).await.unwrap().into_inner();
    assert!(closed.diagnostics.is_empty());
    let stopped = client.stop_provider(wire::stop_provider::Request {}).await.unwrap().into_inner();
    assert_eq!(stopped.error, "");
}

/// What the death of a Terraform, or the end of one request, leaves of a create: it is looked at, not dropped.
#[tokio::test]
async fn caller_gone_in_the_middle_of_a_create() {
    let cloud = Cloud::start().await;
    cloud.fault(json!({ "action": "CreateServiceLinkedRole", "kind": "delay", "millis": 60_000 })).await;
    let provider = Provider::start(&cloud).await;
    let config = json!({ "role_name": "AliyunServiceRoleForMssp" });
    tokio::select! {
        created = provider.create(&config) => panic!("{created:?}"),
        () = cloud.wait_for_fault("delay") => {}
    }
    let calls = cloud.call_count().await;
    cloud.wait_for_calls(calls + 1).await;
    assert_eq!(cloud.actions().await.last().unwrap(), "GetRole");
}
