//! Calls a function. The law: the same arguments give the same result, of the declared type.

use super::{Server, not_offered};
use crate::framework::{
    function::{Error, Function},
    value::Value,
};

impl Server {
    /// The function of a name without the provider's prefix.
    ///
    /// # Errors
    /// A name that this provider does not offer.
    pub fn function(&self, name: &str) -> Result<&dyn Function, Error> {
        let function = self.functions().iter().find(|function| function.definition().name == name);
        function
            .map(AsRef::as_ref)
            .ok_or_else(|| Error { text: not_offered("function", name).detail, argument: None })
    }

    /// The result of a call; unknown if an argument, or a part of one, is. A null argument never reaches the
    /// function.
    ///
    /// # Errors
    /// Arguments that have no result, with the argument at fault.
    pub fn call_function(&self, function: &dyn Function, arguments: &[Value]) -> Result<Value, Error> {
        let expected = function.definition().parameters.len();
        if arguments.len() != expected {
            let text = format!("Expected {expected} arguments, found {}.", arguments.len());
            return Err(Error { text, argument: None });
        }
        // Before the unknown ones: null is an error, whatever they turn out to be.
        if let Some(argument) = arguments.iter().position(Value::is_null) {
            return Err(Error::at(argument, "The argument must not be null."));
        }
        if !arguments.iter().all(Value::is_wholly_known) {
            return Ok(Value::Unknown);
        }
        function.call(arguments)
    }
}
