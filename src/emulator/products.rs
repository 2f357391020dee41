//! The list of products: everything that a client can call.

use super::{
    action::{Action, Product},
    mssp, ram,
    request::Request,
    resource_directory, resource_manager, sas, sts,
};

pub(super) const PRODUCTS: [&Product; 6] = [
    &ram::PRODUCT,
    &resource_manager::PRODUCT,
    &resource_directory::PRODUCT,
    &sts::PRODUCT,
    &mssp::PRODUCT,
    &sas::PRODUCT,
];

/// The product of a request, by its version.
pub(super) fn product_of(request: &Request) -> Option<&'static Product> {
    PRODUCTS.into_iter().find(|product| Some(product.version) == request.version())
}

/// The action of a product that a request names.
pub(super) fn action_of(product: &Product, request: &Request) -> Option<&'static Action> {
    product.actions.iter().find(|action| Some(action.name) == request.action())
}

/// Whether any product has an action of this name.
pub(super) fn has_action(name: &str) -> bool {
    PRODUCTS.iter().any(|product| product.actions.iter().any(|action| action.name == name))
}

/// The first permission of a list that no action asks for.
///
/// # Errors
/// It: what is mistyped would deny nothing.
pub(super) fn check_permissions<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), String> {
    let is_known = |name: &str| {
        let mut actions = PRODUCTS.iter().flat_map(|product| product.actions);
        actions.any(|action| action.permission == Some(name))
    };
    match names.into_iter().find(|name| !is_known(name)) {
        Some(name) => Err(format!("no action needs the permission {name:?}; the guide lists the actions")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_there_once() {
        for product in PRODUCTS {
            let mut names: Vec<_> = product.actions.iter().map(|action| action.name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", product.code);
            assert!(product.host.ends_with(".aliyuncs.com"));
        }
        assert!(has_action("AssumeRole") && !has_action("AssumeRolle"));
    }
}
