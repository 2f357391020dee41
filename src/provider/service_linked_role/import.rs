//! Reads an import ID: `<role_name>`, `<account_id>:<role_name>`, or `<service_name>:<role_name>`,
//! which is what the alicloud provider uses.

use super::{MSS_ROLES, MssRole, diagnostics as text, model::Model};
use crate::{
    cloud::api::form::is_account_id,
    framework::{
        diagnostics::Diagnostic,
        value::{Knowable, Object},
    },
};

/// The least state to read the role from.
pub(super) fn import(id: &str) -> Result<Model, Diagnostic> {
    let (qualifier, role_name) = match id.trim().rsplit_once(':') {
        Some((qualifier, role_name)) => (Some(qualifier), role_name),
        None => (None, id.trim()),
    };
    let malformed = || text::malformed_import_id(id, MssRole::meant_by(role_name));
    let role = MssRole::by_role_name(role_name).ok_or_else(malformed)?;
    let mut model = Model { role_name: Knowable::Known(role.role_name.to_owned()), ..Model::default() };
    match qualifier {
        None => {}
        Some(qualifier) if is_account_id(qualifier) => {
            model.account_id = Knowable::Known(qualifier.to_owned());
        }
        // Of another MSS role: one of the two is a mistake.
        Some(qualifier)
            if MSS_ROLES.iter().any(|other| other != &role && other.service_name == qualifier) =>
        {
            return Err(malformed());
        }
        // The read that follows takes the service name from the role itself.
        Some(qualifier) if qualifier.contains('.') && !qualifier.contains(':') => {
            model.service_name = Knowable::Known(qualifier.to_owned());
        }
        Some(_) => return Err(malformed()),
    }
    Ok(model.with_terraform_defaults())
}

/// The least state to read the role of an identity from.
pub(super) fn import_identity(identity: &Object) -> Result<Model, Diagnostic> {
    let role_name = identity.string("role_name").known().unwrap_or_default();
    let account_id = identity.string("account_id").known();
    let id = match &account_id {
        Some(account_id) => format!("{account_id}:{role_name}"),
        None => role_name.clone(),
    };
    import(&id).map_err(|_| text::malformed_identity(account_id.as_deref(), &role_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_three_forms() {
        let known = |text: &str| Knowable::Known(text.to_owned());
        for (id, account_id, service_name) in [
            ("AliyunServiceRoleForMssp", Knowable::Null, Knowable::Null),
            ("1234567890123456:AliyunServiceRoleForMssp", known("1234567890123456"), Knowable::Null),
            ("mssp.aliyuncs.com:AliyunServiceRoleForMssp", Knowable::Null, known("mssp.aliyuncs.com")),
        ] {
            let model = import(id).unwrap();
            assert_eq!(model.role_name(), "AliyunServiceRoleForMssp", "{id}");
            assert_eq!((model.account_id, model.service_name), (account_id, service_name), "{id}");
            assert_eq!(model.adopted, Knowable::Known(false));
            assert_eq!(model.deletion_policy, known("delete"));
        }
    }

    #[test]
    fn refuses_the_rest_with_advice() {
        for id in [
            "",
            ":",
            "admin",
            "1234567890123456",
            "x:AliyunServiceRoleForMssp",
            "1:2:AliyunServiceRoleForMssp",
            "esa.mssp.aliyuncs.com:AliyunServiceRoleForMssp",
        ] {
            assert!(import(id).is_err(), "{id}");
        }
        let typo = import("1234567890123456:aliyunserviceroleformssp").unwrap_err();
        assert!(typo.detail.contains("Did you mean `AliyunServiceRoleForMssp`?"), "{}", typo.detail);
    }

    #[test]
    fn an_identity_is_read_like_an_id() {
        let identity = |account_id: Option<&str>, role_name: &str| {
            let mut identity = Object::empty();
            identity.set("account_id", account_id);
            identity.set("role_name", role_name);
            import_identity(&identity).map(|model| model.account_id)
        };
        let role_name = "AliyunServiceRoleForMssp";
        assert_eq!(identity(Some("1"), role_name), Ok(Knowable::Known("1".to_owned())));
        assert_eq!(identity(None, role_name), Ok(Knowable::Null));
        assert!(identity(None, "admin").is_err());
        let malformed = identity(Some("me"), role_name).unwrap_err();
        assert!(malformed.detail.contains("`account_id` \"me\""), "{}", malformed.detail);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(id in ".{0,80}") {
            let _ = import(&id);
        }
    }
}
