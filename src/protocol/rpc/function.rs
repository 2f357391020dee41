//! Functions: call. What a caller gave wrongly is reported as a function error, not as a diagnostic.

use super::{
    super::{
        convert::{function::encode_error, value::decode},
        frame::{Rpc, RpcContext, RpcError, Subject},
        generated::{self as wire, DynamicValue},
    },
    root::encode_response,
};
use crate::framework::{
    function::{Definition, Error},
    server::Server,
    value::{Type, Value},
};

impl wire::call_function::Request {
    fn call(&self, server: &Server) -> Result<(Type, Value), Error> {
        let function = server.function(&self.name)?;
        let definition = function.definition();
        let arguments = decode_arguments(&definition, &self.arguments)?;
        Ok((definition.result, server.call_function(function, &arguments)?))
    }
}

impl Rpc for wire::call_function::Request {
    type Response = wire::call_function::Response;
    const NAME: &'static str = "CallFunction";

    fn subject(&self) -> Subject<'_> {
        Subject::Function(&self.name)
    }

    async fn respond(&self, context: &RpcContext) -> Result<Self::Response, RpcError> {
        match self.call(&context.server) {
            Ok((value_type, result)) => {
                Ok(Self::Response { result: Some(encode_response(result, &value_type)?), error: None })
            }
            Err(error) => Ok(Self::Response { result: None, error: Some(encode_error(error)) }),
        }
    }

    fn refuse(&self, diagnostics: Vec<wire::Diagnostic>) -> Self::Response {
        let text = diagnostics.into_iter().map(|diagnostic| diagnostic.detail).collect();
        Self::Response { result: None, error: Some(encode_error(Error { text, argument: None })) }
    }
}

/// The arguments by the types of their parameters; one that does not fit is reported, as a caller's
/// mistake.
fn decode_arguments(definition: &Definition, arguments: &[DynamicValue]) -> Result<Vec<Value>, Error> {
    let parameters = definition.parameters.iter().map(|parameter| &parameter.value_type);
    let decode_one = |(index, (argument, value_type))| {
        decode(Some(argument), value_type).map_err(|error| Error::at(index, error.to_string()))
    };
    // A surplus is counted when the function is called.
    let of_each = parameters.chain(std::iter::repeat(&Type::Dynamic));
    arguments.iter().zip(of_each).enumerate().map(decode_one).collect()
}
