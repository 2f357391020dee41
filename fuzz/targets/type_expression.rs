//! Type expressions: any bytes are read or refused; what is read is written and read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use terraform_provider_mss::framework::value::{Path, Type};

fuzz_target!(|data: &[u8]| {
    if let Ok(of) = Type::from_json_bytes(data, &Path::root()) {
        let text = of.to_json().to_string();
        assert_eq!(Type::from_json_bytes(text.as_bytes(), &Path::root()).expect("what was written"), of);
    }
});
